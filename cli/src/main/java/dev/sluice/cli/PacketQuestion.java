package dev.sluice.cli;

import dev.sluice.wire.capture.CaptureReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The packet of {@code sluice trace} that may not exist yet. */
final class PacketQuestion {
    private static final long HEX_FILE_BYTES_MAX = 1 << 20;
    private static final int FRAMES_MAX = 10_000_000;

    @Option(
            names = "--packet",
            paramLabel = "FIELDS",
            description = {
                "What would happen to this packet? For example 'tcp 10.0.0.1:1234 > 10.0.0.2:80 syn'; also src, dst, proto, sport, dport, flags, ttl, dscp, vlan, inner-vlan, "
                        + "len, smac, dmac as KEY=VALUE, and df."
            })
    private @Nullable String packet;

    @Option(
            names = "--hex",
            paramLabel = "HEX|FILE",
            description = "The same for a frame in hexadecimal, from its destination MAC address on.")
    private @Nullable String hex;

    @Option(
            names = "--pcap",
            paramLabel = "FILE[:N]",
            description = "The same for the Nth frame of a capture file, pcap or pcapng (default: the first).")
    private @Nullable String pcap;

    boolean isAsked() {
        return packet != null || hex != null || pcap != null;
    }

    /** As fields of a request. */
    Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        if ((packet != null ? 1 : 0) + (hex != null ? 1 : 0) + (pcap != null ? 1 : 0) > 1) {
            throw new CommandFailure("give one of --packet, --hex and --pcap");
        }
        if (packet != null) {
            fields.put("packet", packet);
        } else if (hex != null) {
            fields.put("hex", hexText(hex));
        } else if (pcap != null) {
            fields.put("hex", HexFormat.of().formatHex(frame(pcap)));
        }
        return fields;
    }

    private static String hexText(String given) {
        if (given.matches("[0-9a-fA-F\\s:]+")) {
            return given;
        }
        try {
            Path file = Path.of(given);
            if (Files.size(file) > HEX_FILE_BYTES_MAX) {
                throw new CommandFailure("--hex " + given + ": the file is larger than 1 MiB");
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        } catch (IOException | InvalidPathException e) {
            throw new CommandFailure(
                    "--hex " + given + " is neither bytes in hexadecimal nor a file that can be read: "
                            + FileTrouble.words(e),
                    e);
        }
    }

    private static byte[] frame(String given) {
        int colon = given.lastIndexOf(':');
        boolean numbered = colon > 0 && given.substring(colon + 1).matches("[0-9]{1,7}");
        int number = numbered ? Integer.parseInt(given.substring(colon + 1)) : 1;
        String name = numbered ? given.substring(0, colon) : given;
        if (number < 1 || number > FRAMES_MAX) {
            throw new CommandFailure("--pcap " + given + ": frames are counted from 1");
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(Path.of(name)))) {
            CaptureReader reader = new CaptureReader(in);
            for (int i = 1; ; i++) {
                byte[] frame = reader.frame();
                if (frame == null) {
                    throw new CommandFailure("--pcap " + given + ": the file has " + (i - 1) + " frames");
                }
                if (i == number) {
                    return frame;
                }
            }
        } catch (IOException | InvalidPathException e) {
            throw new CommandFailure("--pcap " + given + ": " + FileTrouble.words(e), e);
        }
    }
}
