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


def pass_outside(name, make):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    helper = start_outside(name, stdin=theirs)
    theirs.close()
    passed = make()
    give(ours, passed)
    passed.close()
    stay()


run_job(
    {
        "escaped": escaped,
        "enveloped": lambda: pass_outside("taking", lambda: next_client(server_on(80))),
        "enveloped-listener": lambda: pass_outside("accepting", lambda: server_on(80)),
    }
)
