"""Connects a UDP socket to the address in the arguments and passes it to a child, which talks on it."""
import os
import socket
import sys

ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
if os.fork() == 0:
    ours.close()
    _, descriptors, _, _ = socket.recv_fds(theirs, 16, 1)
    with socket.socket(fileno=descriptors[0]) as received:
        received.send(f"{os.getpid()} knows {received.getpeername()[1]}".encode())
        print(received.recv(100).decode(), flush=True)
    os._exit(0)

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connected:
    connected.connect((sys.argv[1], int(sys.argv[2])))
    socket.send_fds(ours, [b"socket"], [connected.fileno()])
os.wait()
