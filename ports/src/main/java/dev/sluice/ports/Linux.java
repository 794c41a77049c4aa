package dev.sluice.ports;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls of this module. Called by any thread; no state but one errno cell per thread.
 *
 * <p>Every method answers what the kernel answered, or the negative errno ({@code -1} is EPERM), so that a caller on the packet path needs neither
 * exceptions nor a second call. Calls of the packet path do not allocate after a thread's first one; those that take a text or make their own argument do. No call is linked as {@code critical}: each of them can block or transmit a
 * whole batch within the call, and a critical call would hold up garbage collection of all threads meanwhile.
 *
 * <p>The segment that takes the errno is sliced anew in each call that has one, an object that the compiler removes only sometimes. So the calls of the packet
 * path are linked without it: they either don't say why they failed, or are made again, having done nothing, by the one that does.
 */
final class Linux {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
    private static final VarHandle ERRNO =
            Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

    private static final MethodHandle SOCKET =
            link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND = link("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SETSOCKOPT =
            link("setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            link("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle MMAP = link(
            "mmap", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP = link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle POLL =
            plain("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle SCHED_SETSCHEDULER =
            link("sched_setscheduler", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle RECVMMSG =
            plain("recvmmsg", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle SENDMMSG =
            plain("sendmmsg", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle SENDTO =
            link("sendto", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle RECVFROM = link(
            "recvfrom", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle READ =
            plain("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITE =
            link("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITEV =
            plain("writev", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle IOCTL = link(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle OPEN = link(
            "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle EVENTFD = link("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle EPOLL_CREATE = link("epoll_create1", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle EPOLL_CTL =
            link("epoll_ctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle SETNS = link("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle NAME_TO_INDEX = link("if_nametoindex", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle PLAIN_GETSOCKOPT =
            plain("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle PLAIN_SENDTO = plain(
            "sendto", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle PLAIN_RECVFROM = plain(
            "recvfrom", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SYSCALL3 = link(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));

    private Linux() {}

    static int socket(int domain, int type, int protocol) {
        MemorySegment state = STATE.get();
        try {
            return result((int) SOCKET.invokeExact(state, domain, type, protocol), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int bind(int fd, MemorySegment address, int addressBytes) {
        MemorySegment state = STATE.get();
        try {
            return result((int) BIND.invokeExact(state, fd, address, addressBytes), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int setsockopt(int fd, int level, int option, MemorySegment value, int valueBytes) {
        MemorySegment state = STATE.get();
        try {
            return result((int) SETSOCKOPT.invokeExact(state, fd, level, option, value, valueBytes), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Sets an option whose value is an int. */
    static int setsockopt(int fd, int level, int option, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return setsockopt(fd, level, option, arena.allocateFrom(JAVA_INT, value), Integer.BYTES);
        }
    }

    /** {@code valueBytes} points to an int: room on the way in, bytes written on the way out. */
    static int getsockopt(int fd, int level, int option, MemorySegment value, MemorySegment valueBytes) {
        try {
            int answer = (int) PLAIN_GETSOCKOPT.invokeExact(fd, level, option, value, valueBytes);
            if (answer >= 0) {
                return answer;
            }
            MemorySegment state = STATE.get();
            return result((int) GETSOCKOPT.invokeExact(state, fd, level, option, value, valueBytes), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The address of the mapping, or the negative errno (no mapping has a negative address in user space). */
    static long mmap(long bytes, int protection, int flags, int fd, long offset) {
        MemorySegment state = STATE.get();
        try {
            long address = (long) MMAP.invokeExact(state, 0L, bytes, protection, flags, fd, offset);
            return address == -1 ? -errno(state) : address;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int munmap(long address, long bytes) {
        MemorySegment state = STATE.get();
        try {
            return result((int) MUNMAP.invokeExact(state, address, bytes), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Descriptors that are ready, or -1 for whatever reason. */
    static int poll(MemorySegment descriptors, int count, int timeoutMs) {
        try {
            return (int) POLL.invokeExact(descriptors, (long) count, timeoutMs);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Gives a thread of this process, 0 for the calling one, another scheduling policy. */
    static int setScheduler(int thread, int policy, int priority) {
        MemorySegment state = STATE.get();
        try (Arena arena = Arena.ofConfined()) {
            return result(
                    (int) SCHED_SETSCHEDULER.invokeExact(state, thread, policy, arena.allocateFrom(JAVA_INT, priority)),
                    state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Messages received, or -1 for whatever reason. */
    static int recvmmsg(int fd, MemorySegment messages, int count, int flags) {
        try {
            return (int) RECVMMSG.invokeExact(fd, messages, count, flags, MemorySegment.NULL);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Messages sent, or -1 for whatever reason: on the packet path nobody asks which, see the class comment. */
    static int sendmmsg(int fd, MemorySegment messages, int count, int flags) {
        try {
            return (int) SENDMMSG.invokeExact(fd, messages, count, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long sendto(int fd, MemorySegment data, long bytes, int flags, MemorySegment address, int addressBytes) {
        MemorySegment state = STATE.get();
        try {
            return result((long) SENDTO.invokeExact(state, fd, data, bytes, flags, address, addressBytes), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Lets the kernel send what waits in the transmit ring of an AF_XDP socket; false if it did not do all of it. */
    static boolean kickSend(int fd) {
        try {
            return (long) PLAIN_SENDTO.invokeExact(
                            fd, MemorySegment.NULL, 0L, KernelConstants.MSG_DONTWAIT, MemorySegment.NULL, 0)
                    >= 0;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long recv(int fd, MemorySegment data, long bytes, int flags) {
        MemorySegment state = STATE.get();
        try {
            long answer =
                    (long) RECVFROM.invokeExact(state, fd, data, bytes, flags, MemorySegment.NULL, MemorySegment.NULL);
            return result(answer, state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Wakes the receiving side of an AF_XDP socket; whether the kernel had anything to do does not matter. */
    static void kickReceive(int fd) {
        try {
            long ignored = (long) PLAIN_RECVFROM.invokeExact(
                    fd, MemorySegment.NULL, 0L, KernelConstants.MSG_DONTWAIT, MemorySegment.NULL, MemorySegment.NULL);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Bytes read, or -1 for whatever reason. */
    static long read(int fd, MemorySegment data, long bytes) {
        try {
            return (long) READ.invokeExact(fd, data, bytes);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long write(int fd, MemorySegment data, long bytes) {
        MemorySegment state = STATE.get();
        try {
            return result((long) WRITE.invokeExact(state, fd, data, bytes), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Bytes written, or -1 for whatever reason. */
    static long writev(int fd, MemorySegment vectors, int count) {
        try {
            return (long) WRITEV.invokeExact(fd, vectors, count);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int ioctl(int fd, long request, MemorySegment argument) {
        MemorySegment state = STATE.get();
        try {
            return result((int) IOCTL.invokeExact(state, fd, request, argument), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int open(String path, int flags) {
        MemorySegment state = STATE.get();
        try (Arena arena = Arena.ofConfined()) {
            return result((int) OPEN.invokeExact(state, arena.allocateFrom(path), flags, 0), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int close(int fd) {
        MemorySegment state = STATE.get();
        try {
            return result((int) CLOSE.invokeExact(state, fd), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int eventfd(int initial, int flags) {
        MemorySegment state = STATE.get();
        try {
            return result((int) EVENTFD.invokeExact(state, initial, flags), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int epollCreate(int flags) {
        MemorySegment state = STATE.get();
        try {
            return result((int) EPOLL_CREATE.invokeExact(state, flags), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Adds a descriptor to an epoll set. The event is packed on x86-64 only, but its first word is the mask everywhere. */
    static int epollAdd(int epollFd, int fd, int events) {
        MemorySegment state = STATE.get();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(16, 8);
            event.set(JAVA_INT, 0, events);
            return result((int) EPOLL_CTL.invokeExact(state, epollFd, KernelConstants.EPOLL_CTL_ADD, fd, event), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Moves the calling platform thread into the namespace. */
    static int setns(int fd, int kind) {
        MemorySegment state = STATE.get();
        try {
            return result((int) SETNS.invokeExact(state, fd, kind), state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The index of the interface in the namespace of the calling thread, or the negative errno. */
    static int interfaceIndex(String name) {
        MemorySegment state = STATE.get();
        try (Arena arena = Arena.ofConfined()) {
            int index = (int) NAME_TO_INDEX.invokeExact(state, arena.allocateFrom(name));
            return index == 0 ? -errno(state) : index;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** bpf(2), which the C library does not wrap. */
    static int bpf(int command, MemorySegment attributes) {
        MemorySegment state = STATE.get();
        try {
            long answer = (long) SYSCALL3.invokeExact(
                    state, KernelConstants.NR_BPF, (long) command, attributes, attributes.byteSize());
            return (int) result(answer, state);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static int result(int answer, MemorySegment state) {
        return answer == -1 ? -errno(state) : answer;
    }

    private static long result(long answer, MemorySegment state) {
        return answer == -1 ? -errno(state) : answer;
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    private static MethodHandle plain(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(symbol(name), descriptor);
    }

    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... more) {
        Linker.Option[] options = new Linker.Option[more.length + 1];
        options[0] = CAPTURE;
        System.arraycopy(more, 0, options, 1, more.length);
        return LINKER.downcallHandle(symbol(name), descriptor, options);
    }

    private static MemorySegment symbol(String name) {
        return LINKER.defaultLookup()
                .find(name)
                .orElseThrow(
                        () -> new IllegalStateException("C library has no " + name + "; ports need glibc on Linux"));
    }

    private static AssertionError unexpected(Throwable e) {
        return new AssertionError("a linked system call threw", e);
    }
}
