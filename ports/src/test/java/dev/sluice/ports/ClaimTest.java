package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read of the kernel's tables, and of messages. */
class ClaimTest {
    private static final String SOCKETS = """
            Num       RefCount Protocol Flags    Type St Inode Path
            0000000000000000: 00000002 00000000 00000000 0002 01 4711 @sluice/fast-path
            0000000000000000: 00000002 00000000 00000000 0002 01 4712 @sluice/fast-path/12/local
            """;
    private static final String PACKET_SOCKETS = """
            sk               RefCnt Type Proto  Iface R Rmem   User   Inode
            0000000000000000 3      3    0000   7     1 0      0      1
            0000000000000000 3      3    0003   7     1 0      0      2
            0000000000000000 3      3    0000   8     1 0      0      3
            """;

    @TempDir
    private Path proc = Path.of("");

    private void process(int pid, String namespace, String unix) throws IOException {
        Path process = proc.resolve(Integer.toString(pid));
        Files.createDirectories(process.resolve("ns"));
        Files.createSymbolicLink(process.resolve("ns/net"), Path.of("net:[" + namespace + "]"));
        if (!unix.isEmpty()) {
            Files.createDirectories(process.resolve("net"));
            Files.writeString(process.resolve("net/unix"), unix);
        }
    }

    @Test
    void processThatTellsNothingIsPassedOverForAnotherOfItsNamespace() throws Exception {
        for (int pid = 100; pid < 108; pid++) {
            process(pid, "77", "");
        }
        assertThat(Claim.holderOfFastPath(proc, "77")).isEmpty();
        process(200, "78", "");
        process(300, "77", SOCKETS);
        assertThat(Claim.holderOfFastPath(proc, "77")).contains(new Claim.Holder("local", 12));
        assertThat(Claim.holderOfFastPath(proc, "78")).isEmpty();
    }

    @Test
    void tableOfPacketSocketsThatCannotBeReadCountsAsFullOfMarks() throws Exception {
        Path packet = proc.resolve("packet");
        assertThat(Claim.marks(packet, 7)).isGreaterThan(1);
        Files.writeString(packet, PACKET_SOCKETS);
        assertThat(Claim.marks(packet, 7)).isEqualTo(1);
        assertThat(Claim.marks(packet, 9)).isZero();
    }

    @Test
    void refusalIsAboutOneInterface() {
        String refused =
                "deaf: interface left: node local (pid 12) has it; stop that node, or give its ports to this one";
        assertThat(Claim.isRefusal(refused, "left")).isTrue();
        assertThat(Claim.isRefusal("interface left: another node (of which nothing is known) has it", "left"))
                .isTrue();
        assertThat(Claim.isRefusal(refused, "lef")).isFalse();
        assertThat(Claim.isRefusal(refused, "right")).isFalse();
        assertThat(Claim.isRefusal("deaf: fast path: node local (pid 12) has it; it is one per namespace", "left"))
                .isFalse();
        assertThat(Claim.isRefusal("deaf: interface left: if_nametoindex: ENODEV: no such device", "left"))
                .isFalse();
    }
}
