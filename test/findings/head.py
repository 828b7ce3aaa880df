# What the programs here share. Each is run as `program <job> wrong` or `program <job> right`: the same work with a defect, and without.
import array, os, signal, socket, sys

job, manner = sys.argv[1:3]
is_wrong = manner == "wrong"


def stay():
    while True:
        signal.pause()


def ready():
    print("ready", flush=True)
    stay()


def server_on(port, is_listening=True):
    if is_listening:
        return socket.create_server(("0.0.0.0", port))
    server = socket.socket()
    server.bind(("0.0.0.0", port))
    return server


def next_client(server):
    return server.accept()[0]


def take_input(connection):
    connection.recv(4)


def tell(channel):
    channel.send(b"d")


def hear(channel):
    assert channel.recv(1)


def give(channel, *sockets):
    socket.send_fds(channel, [b"m"], [each.fileno() for each in sockets])


def receive_numbers(channel, room, flags=socket.MSG_CMSG_CLOEXEC):
    """recv_fds of the standard library ignores its flags."""
    numbers = array.array("i")
    _, control, _, _ = channel.recvmsg(1, socket.CMSG_LEN(room * numbers.itemsize), flags)
    for _, _, data in control:
        numbers.frombytes(data)
    return numbers


def take_all(channel, room, flags=socket.MSG_CMSG_CLOEXEC):
    return [socket.socket(fileno=each) for each in receive_numbers(channel, room, flags)]


def take(channel):
    (connection,) = take_all(channel, 1)
    return connection


def start_worker(work):
    """A forked worker; returns the channel on which it tells when `work` is done."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() > 0:
        theirs.close()
        return ours
    ours.close()
    kept = work(theirs)  # what it returns is not closed
    tell(theirs)
    stay()


def run_job(jobs):
    kept = jobs[job]()
    ready()
