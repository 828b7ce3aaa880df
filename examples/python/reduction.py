"""Accepts on port 80 and sends the connections through a multiprocessing.Pipe: multiprocessing.reduction passes the descriptors."""
import multiprocessing
import os
import socket


def work(connections):
    while True:
        with connections.recv() as connection:
            connection.sendall(f"worker {os.getpid()} for {connection.getpeername()[0]}\n".encode())


if __name__ == "__main__":
    receiver, sender = multiprocessing.Pipe(duplex=False)
    multiprocessing.Process(target=work, args=(receiver,), daemon=True).start()
    with socket.create_server(("0.0.0.0", 80)) as server:
        while True:
            connection, _ = server.accept()
            sender.send(connection)
            connection.close()
