package dev.sluice.lab.system;

import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** When packets came in at an interface of a host, by the kernel's own time stamps; tcpdump takes them. One user: the test. */
final class Arrivals implements AutoCloseable {
    private static final int FILE_HEADER_BYTES = 24;
    private static final int RECORD_HEADER_BYTES = 16;
    private static final long NS_PER_S = 1_000_000_000L;
    private static final int SNAP_BYTES = 64;

    /**
     * What came in.
     *
     * @param count how many frames
     * @param longestGapNs the longest time between two that followed each other
     */
    record Gaps(long count, long longestGapNs) {
        /** The longest gap in ms. */
        double longestMs() {
            return longestGapNs / 1e6;
        }
    }

    private final LabProcess tcpdump;
    private final Path file;

    private Arrivals(LabProcess tcpdump, Path file) {
        this.tcpdump = tcpdump;
        this.file = file;
    }

    /** From now on those that come in and pass a filter, in tcpdump's words. */
    static Arrivals at(Namespace host, String interfaceName, String filter) {
        try {
            Path file = Files.createTempFile("sluice-arrivals-", ".pcap");
            LabProcess tcpdump = Tcpdump.start(
                    host,
                    interfaceName,
                    file,
                    filter,
                    "-Q",
                    "in",
                    "-s",
                    Integer.toString(SNAP_BYTES),
                    "--time-stamp-precision=nano");
            return new Arrivals(tcpdump, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends it. */
    Gaps end() {
        tcpdump.stop();
        try (FileChannel channel = FileChannel.open(file)) {
            return read(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file in the byte order of this machine, with time stamps in ns (pcap-savefile(5)). */
    static Gaps read(ByteBuffer file) {
        file.order(ByteOrder.nativeOrder());
        long count = 0;
        long longest = 0;
        long before = 0;
        int at = FILE_HEADER_BYTES;
        while (at + RECORD_HEADER_BYTES <= file.limit()) {
            long now = (file.getInt(at) & 0xffff_ffffL) * NS_PER_S + file.getInt(at + 4);
            longest = count == 0 ? 0 : Math.max(longest, now - before);
            before = now;
            count++;
            at += RECORD_HEADER_BYTES + file.getInt(at + 8);
        }
        return new Gaps(count, longest);
    }

    @Override
    public void close() {
        tcpdump.close();
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
