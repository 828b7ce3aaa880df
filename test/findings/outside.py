# A server that starts a program outside of its network: this one again.
import subprocess

from head import *


def escaped():
    connection = next_client(server_on(80))
    take_input(connection)
    environment = dict(os.environ)
    if is_wrong:
        del environment["LD_PRELOAD"]
    subprocess.Popen([sys.executable, __file__, "listening", manner], env=environment)
    stay()


run_job({"escaped": escaped, "listening": lambda: socket.create_server(("127.0.0.1", 0))})
