"""Answers on the connections that come over the unix socket whose descriptor is the first argument."""
import os
import socket
import sys

channel = socket.socket(fileno=int(sys.argv[1]))
while True:
    message, descriptors, _, _ = socket.recv_fds(channel, 16, 1)
    if not message:
        break
    with socket.socket(fileno=descriptors[0]) as connection:
        connection.sendall(f"worker {os.getpid()} for {connection.getpeername()[0]}\n".encode())
