"""Accepts on port 80 and passes each connection to the next of two worker processes, with socket.send_fds."""
import itertools
import pathlib
import socket
import subprocess
import sys

worker = pathlib.Path(__file__).with_name("worker.py")
channels = []
for _ in range(2):
    ours, theirs = socket.socketpair()
    subprocess.Popen([sys.executable, str(worker), str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    channels.append(ours)

with socket.create_server(("0.0.0.0", 80)) as server:
    for channel in itertools.cycle(channels):
        connection, _ = server.accept()
        socket.send_fds(channel, [b"connection"], [connection.fileno()])
        connection.close()
