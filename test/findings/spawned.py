# A server that starts another program: this one again, as a helper.
import subprocess

from head import *


def start_helper(name, **options):
    return subprocess.Popen([sys.executable, __file__, name, manner], **options)


def inherited():
    """As inetd: the program has the connection as its input and output, and should have nothing else."""
    server = server_on(80)
    connection = next_client(server)
    server.set_inheritable(is_wrong)
    helper = start_helper("reading", stdin=connection, close_fds=False)
    connection.close()
    stay()


def take_and_start(channel, first):
    """A worker that starts the helper when it has done its part."""
    (received,) = take_all(channel, 1, 0 if is_wrong else socket.MSG_CMSG_CLOEXEC)
    kept = first(received)
    return received, kept, start_helper("idle", close_fds=False)


def unmarked():
    channel = start_worker(lambda channel: take_and_start(channel, take_input))
    connection = next_client(server_on(80))
    give(channel, connection)
    connection.close()
    hear(channel)
    stay()


def unmarked_listener():
    """The worker has the listener of its master, and the program that it starts, too."""

    def serve(server):
        connection = next_client(server)
        take_input(connection)
        return connection

    channel = start_worker(lambda channel: take_and_start(channel, serve))
    server = server_on(80)
    give(channel, server)
    server.close()
    hear(channel)
    stay()


run_job(
    {
        "inherited": inherited,
        "unmarked": unmarked,
        "unmarked-listener": unmarked_listener,
        "reading": lambda: os.read(0, 4),
        "idle": lambda: None,
    }
)
