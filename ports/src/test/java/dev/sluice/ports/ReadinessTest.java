package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadinessTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path folder;

    private static String told(String address) throws PortException {
        int fd = Linux.socket(KernelConstants.AF_UNIX, KernelConstants.SOCK_DGRAM | KernelConstants.SOCK_NONBLOCK, 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment own = SocketAddresses.unix(arena, address);
            assertThat(Linux.bind(fd, own, (int) own.byteSize())).isZero();
            Readiness.tell(address);
            MemorySegment buffer = arena.allocate(64);
            int bytes = (int) Linux.recv(fd, buffer, buffer.byteSize(), 0);
            assertThat(bytes).isPositive();
            return new String(buffer.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
        } finally {
            Linux.close(fd);
        }
    }

    @Test
    void readyIsToldAtAPathAndAtAnAbstractName() throws PortException {
        assertThat(told(folder.resolve("notify").toString())).isEqualTo("READY=1\n");
        assertThat(told("@sluice-test-" + ProcessHandle.current().pid())).isEqualTo("READY=1\n");
    }

    @Test
    void nobodyIsToldNothingAndWhoHasGoneIsAnError() throws PortException {
        Readiness.tell("");
        String gone = folder.resolve("gone").toString();
        assertThatExceptionOfType(PortException.class)
                .isThrownBy(() -> Readiness.tell(gone))
                .withMessageContaining("NOTIFY_SOCKET " + gone);
        assertThatExceptionOfType(PortException.class)
                .isThrownBy(() -> Readiness.tell("/" + "x".repeat(200)))
                .withMessageContaining("NOTIFY_SOCKET");
    }
}
