# A server that does its work alone.
import resource

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
    """What a server starts in a session of its own lives on when the server has ended."""
    connection = next_client(server_on(80))
    take_input(connection)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        os.setsid()
        tell(theirs)
        if is_wrong:
            stay()
        os._exit(0)
    hear(ours)
    if not is_wrong:
        os.waitpid(child, 0)
    print("ready", flush=True)
    sys.exit()


def crowded():
    """More sockets at a time than a network has room for."""
    many = 1200
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * many, 2 * many))
    connection = next_client(server_on(80))
    take_input(connection)
    kept = []
    for _ in range(many):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("0.0.0.0", 0))
        if is_wrong:
            kept.append(datagrams)
        else:
            datagrams.close()
    return connection, kept


run_job(
    {"stale": stale, "growing": growing, "killed": killed, "daemonized": daemonized, "crowded": crowded}
)
