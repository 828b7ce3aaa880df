# A server that does its work alone.
from head import *


def stale():
    connection = next_client(server_on(80))
    take_input(connection)
    descriptor = connection.detach()
    os.close(descriptor)
    if is_wrong:
        try:
            os.close(descriptor)
        except OSError:
            pass


def growing():
    server = server_on(80)
    kept = []
    while True:
        connection = next_client(server)
        take_input(connection)
        if is_wrong:
            kept.append(connection)
        else:
            connection.close()
        print("served", flush=True)


def killed():
    """A child that listens is told to end, or killed."""
    server = server_on(80)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        second = server_on(81)
        tell(theirs)
        hear(theirs)
        second.close()
        os._exit(0)
    hear(ours)
    if is_wrong:
        os.kill(child, signal.SIGKILL)
    else:
        tell(ours)
    os.waitpid(child, 0)
    connection = next_client(server)
    take_input(connection)
    return server, connection


def daemonized():
    """What a child starts in a session of its own lives on when its parents are gone."""
    connection = next_client(server_on(80))
    take_input(connection)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        os.setsid()
        if is_wrong and os.fork() > 0:
            os._exit(0)
        tell(theirs)
        if is_wrong:
            stay()
        os._exit(0)
    hear(ours)
    os.waitpid(child, 0)
    return connection


run_job({"stale": stale, "growing": growing, "killed": killed, "daemonized": daemonized})
