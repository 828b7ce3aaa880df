# A master accepts connections and passes them to workers.
import errno, platform, resource, select, socket, threading

from head import *


def serve(channel):
    connection = take(channel)
    take_input(connection)
    return connection


class Scene:
    def __init__(self, work):
        self.channel = start_worker(work)
        self.server = server_on(80)
        self.connection = next_client(self.server)

    def hand_over(self):
        give(self.channel, self.connection)
        self.connection.close()
        hear(self.channel)
        return self


def served():
    return Scene(serve).hand_over()


def lost():
    return Scene(lambda channel: is_wrong or serve(channel)).hand_over()


def unused():
    return Scene(lambda channel: take(channel) if is_wrong else serve(channel)).hand_over()


def pass_two(work):
    scene = Scene(work)
    both = [scene.connection, next_client(scene.server)]
    give(scene.channel, *both)
    for each in both:
        each.close()
    hear(scene.channel)
    return scene


def take_inputs(connections):
    for each in connections:
        take_input(each)
    return connections


def truncated():
    return pass_two(lambda channel: take_inputs(take_all(channel, 1 if is_wrong else 2)))


def at_limit():
    def receive_at_limit(channel):
        if is_wrong:
            free = os.dup(0)
            os.close(free)
            resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, free + 1))
        return take_inputs(take_all(channel, 2))

    return pass_two(receive_at_limit)


def retained():
    scene = Scene(serve)
    give(scene.channel, scene.connection)
    if not is_wrong:
        scene.connection.close()
    hear(scene.channel)
    return scene


def peeked():
    def peek_first(channel):
        (first,) = take_all(channel, 1, socket.MSG_PEEK | socket.MSG_CMSG_CLOEXEC)
        if not is_wrong:
            first.close()
        return first, serve(channel)

    return Scene(peek_first).hand_over()


def peeked_twice():
    def peek_twice(channel):
        looks = [take_all(channel, 1, socket.MSG_PEEK | socket.MSG_CMSG_CLOEXEC)[0] for _ in range(2)]
        looks[0].close()
        if not is_wrong:
            looks[1].close()
        return looks, serve(channel)

    return Scene(peek_twice).hand_over()


def ghost():
    scene = Scene(serve)
    epoll = select.epoll()
    epoll.register(scene.connection, select.EPOLLIN)
    epoll.poll()
    give(scene.channel, scene.connection)
    if not is_wrong:
        epoll.unregister(scene.connection)
    scene.connection.close()
    hear(scene.channel)
    return scene, epoll


def used_after():
    scene = Scene(serve)
    give(scene.channel, scene.connection)
    if is_wrong:
        take_input(scene.connection)
    scene.connection.close()
    hear(scene.channel)
    return scene


def both_workers():
    channels = [start_worker(serve), start_worker(serve)]
    server = server_on(80)
    first, second = next_client(server), next_client(server)
    for channel, connection in zip(channels, (first, first if is_wrong else second)):
        give(channel, connection)
        hear(channel)
    first.close()
    second.close()
    return server


def read_ahead():
    scene = Scene(serve)
    scene.connection.recv(4, 0 if is_wrong else socket.MSG_PEEK)
    return scene.hand_over()


def both_accept():
    def accept_clients(channel):
        server = take(channel)
        for _ in range(1 if is_wrong else 2):
            take_input(next_client(server))
        return server

    channel = start_worker(accept_clients)
    server = server_on(80)
    give(channel, server)
    if not is_wrong:
        server.close()
    hear(channel)
    if is_wrong:
        take_input(next_client(server))
    return server


# The kernel tells which call a thread is in.
recvfrom = {"x86_64": "45 ", "aarch64": "207 "}[platform.machine()]


def busy_in(take_in):
    """A thread waits for input, and the client says nothing until it has heard from the worker."""

    def answer(channel):
        connection = take(channel)
        connection.send(b"hi")
        return connection

    scene = Scene(answer)
    stop, stopped = socket.socketpair()
    wait = lambda: take_in(scene.connection) if is_wrong else select.select([scene.connection, stopped], [], [])
    thread = threading.Thread(target=wait)
    thread.start()
    if not is_wrong:
        stop.send(b"x")
        thread.join()
        return scene.hand_over()
    inside = ""
    while not inside.startswith(recvfrom):
        with open(f"/proc/self/task/{thread.native_id}/syscall") as file:
            inside = file.read()
    scene.hand_over()
    thread.join()
    return scene


def busy():
    return busy_in(take_input)


def busy_whole():
    return busy_in(lambda connection: connection.recv(64, socket.MSG_WAITALL))


def shut_down():
    def end(channel):
        connection = take(channel)
        connection.recv(1)
        if not is_wrong:
            connection.shutdown(socket.SHUT_RDWR)
        return connection

    scene = Scene(end)
    give(scene.channel, scene.connection)
    if is_wrong:
        scene.connection.shutdown(socket.SHUT_RDWR)
    scene.connection.close()
    hear(scene.channel)
    return scene


def not_listening():
    def accept_nobody(channel):
        server = take(channel)
        server.setblocking(False)
        try:
            server.accept()
        except OSError as error:
            assert error.errno == (errno.EINVAL if is_wrong else errno.EAGAIN)
        return server

    channel = start_worker(accept_nobody)
    second = server_on(81, not is_wrong)
    server = server_on(80)
    give(channel, second)
    second.close()
    hear(channel)
    return server, next_client(server)


def not_connected():
    def read_at_once(channel):
        connection = take(channel)
        try:
            take_input(connection)
        except OSError:
            assert is_wrong
        return connection

    scene = Scene(read_at_once)
    if is_wrong:
        scene.connection.close()
        scene.connection = server_on(81, False)
    return scene.hand_over()


def too_many():
    """The connection, and many descriptors that are no sockets."""
    many = 254

    def receive_many(channel):
        left = 1 if is_wrong else many
        is_first = True
        while left > 0:
            received = receive_numbers(channel, many)
            left -= len(received)
            if is_first:
                os.read(received[0], 4)
            is_first = False
            for each in received:
                os.close(each)

    scene = Scene(receive_many)
    numbers = [scene.connection.fileno()] + [0] * (many - 1)
    if is_wrong:
        try:
            socket.send_fds(scene.channel, [b"m"], numbers)
        except OSError as error:
            assert error.errno == errno.EINVAL
        return scene.hand_over()
    for half in numbers[: many // 2], numbers[many // 2 :]:
        socket.send_fds(scene.channel, [b"m"], half)
    scene.connection.close()
    hear(scene.channel)
    return scene


def too_many_refs():
    """What one user has in flight is limited by RLIMIT_NOFILE, unless it may do anything."""
    limit = 24
    go, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def receive_until_end(channel):
        if is_wrong:
            hear(told)
        is_first = True
        while received := take_all(channel, 1):
            if is_first:
                take_input(received[0])
            is_first = False
            received[0].close()
            if not is_wrong:
                tell(channel)

    scene = Scene(receive_until_end)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if os.getuid() == 0:
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    try:
        for _ in range(limit + 1):
            give(scene.channel, scene.connection)
            if not is_wrong:
                hear(scene.channel)
    except OSError as error:
        assert is_wrong and error.errno == errno.ETOOMANYREFS
    else:
        assert not is_wrong
    scene.connection.close()
    tell(go)
    tell(scene.channel)
    hear(scene.channel)
    return scene


run_job(
    {
        "served": served,
        "lost": lost,
        "unused": unused,
        "truncated": truncated,
        "at-limit": at_limit,
        "retained": retained,
        "peeked": peeked,
        "peeked-twice": peeked_twice,
        "ghost": ghost,
        "used-after": used_after,
        "both-workers": both_workers,
        "read-ahead": read_ahead,
        "both-accept": both_accept,
        "busy": busy,
        "busy-whole": busy_whole,
        "shut-down": shut_down,
        "not-listening": not_listening,
        "not-connected": not_connected,
        "too-many": too_many,
        "too-many-refs": too_many_refs,
    }
)
