# A parent and a child of fork that both have a connection.
from head import *


def both_read():
    connection = next_client(server_on(80))
    channel = start_worker(lambda channel: take_input(connection))
    if is_wrong:
        take_input(connection)
    else:
        connection.close()
    hear(channel)
    return connection


def flipped():
    """The child reads; the parent writes, and does not want to wait for it."""
    connection = next_client(server_on(80))

    def read_twice(channel):
        take_input(connection)
        tell(channel)
        hear(channel)
        take_input(connection)

    channel = start_worker(read_twice)
    hear(channel)
    if is_wrong:
        connection.setblocking(False)
    connection.send(b"hi", 0 if is_wrong else socket.MSG_DONTWAIT)
    tell(channel)
    hear(channel)
    return connection


run_job({"both-read": both_read, "flipped": flipped})
