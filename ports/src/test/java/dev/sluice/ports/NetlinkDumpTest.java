package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the kernel may answer when it lists something (netlink(7)). */
class NetlinkDumpTest {
    private static final int ANSWER = 24;
    private static final int ENOMEM = 12;

    private final MemorySegment buffer = Arena.ofAuto().allocate(4096, 8);
    private final List<Integer> taken = new ArrayList<>();
    private long end;

    private void message(int type, int... body) {
        int bytes = LinkMessage.HEADER_BYTES + body.length * Integer.BYTES;
        buffer.set(ValueLayout.JAVA_INT, end, bytes);
        buffer.set(ValueLayout.JAVA_SHORT, end + 4, (short) type);
        for (int i = 0; i < body.length; i++) {
            buffer.set(ValueLayout.JAVA_INT, end + LinkMessage.HEADER_BYTES + (long) i * Integer.BYTES, body[i]);
        }
        end += bytes;
    }

    private boolean isMoreToCome() throws PortException {
        return NetlinkDump.take(
                "routes",
                buffer,
                end,
                ANSWER,
                (messages, body, _) -> taken.add(messages.get(ValueLayout.JAVA_INT, body)));
    }

    @Test
    void endsWithTheMessageThatSaysSo() throws Exception {
        message(ANSWER, 7);
        assertThat(isMoreToCome()).isTrue();
        message(LinkMessage.NLMSG_DONE, 0);
        message(ANSWER, 8);
        taken.clear();
        assertThat(isMoreToCome()).isFalse();
        assertThat(taken).containsExactly(7);
        end = 0;
        message(LinkMessage.NLMSG_DONE);
        message(-5);
        assertThat(isMoreToCome())
                .as("an end without a number, before other bytes")
                .isFalse();
    }

    @Test
    void listThatTheKernelCouldNotFinishIsNoList() {
        message(ANSWER, 7);
        message(LinkMessage.NLMSG_DONE, -ENOMEM);
        assertThatExceptionOfType(PortException.class)
                .isThrownBy(this::isMoreToCome)
                .withMessageStartingWith("routes: dump: ")
                .satisfies(e -> assertThat(e.errno()).isEqualTo(ENOMEM));
    }

    @Test
    void refusalIsTold() {
        message(LinkMessage.NLMSG_ERROR, -Errno.EPERM, 0, 0, 0, 0);
        assertThatExceptionOfType(PortException.class)
                .isThrownBy(this::isMoreToCome)
                .withMessageStartingWith("routes: dump: EPERM");
    }

    @Test
    void kernelThatDoesNotAnswerIsNamedWithTheTime() {
        int fd = Linux.socket(KernelConstants.AF_UNIX, KernelConstants.SOCK_DGRAM | KernelConstants.SOCK_CLOEXEC, 0);
        try {
            assertThatExceptionOfType(PortException.class)
                    .isThrownBy(() -> NetlinkDump.receive("routes of the kernel", fd, buffer, 0))
                    .withMessage("routes of the kernel: the kernel did not list them within 0 s;"
                            + " is the machine overloaded? Try again");
        } finally {
            Linux.close(fd);
        }
    }
}
