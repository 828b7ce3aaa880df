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


def unmarked():
    def spawn_after_take(channel):
        flags = 0 if is_wrong else socket.MSG_CMSG_CLOEXEC
        _, (descriptor,), _, _ = socket.recv_fds(channel, 1, 1, flags)
        helper = start_helper("idle", close_fds=False)
        connection = socket.socket(fileno=descriptor)
        take_input(connection)
        return helper, connection

    channel = start_worker(spawn_after_take)
    connection = next_client(server_on(80))
    give(channel, connection)
    connection.close()
    hear(channel)
    stay()


run_job({"inherited": inherited, "unmarked": unmarked, "reading": lambda: os.read(0, 4), "idle": lambda: None})
