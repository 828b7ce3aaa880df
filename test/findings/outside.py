# A server that starts a program without the shim.
import subprocess

from head import *


def start_outside(name, **options):
    return subprocess.Popen([os.environ["FINDINGS_STATIC"], name, manner], **options)


def escaped():
    connection = next_client(server_on(80))
    take_input(connection)
    start_outside("listening" if is_wrong else "idle")
    stay()


def enveloped():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    start_outside("taking", stdin=theirs)
    theirs.close()
    connection = next_client(server_on(80))
    give(ours, connection)
    connection.close()
    stay()


run_job({"escaped": escaped, "enveloped": enveloped})
