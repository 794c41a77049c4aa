package dev.sluice.cli.support;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;

/**
 * A tar file (POSIX.1-1988, ustar), compressed, that only its owner may read. Every part goes through {@link Secrets}; one that fails is there with the reason, and the others go on. Used by one thread.
 */
public final class Bundle implements AutoCloseable {
    /** The longest part, in bytes; of a longer one its end is kept, where the newest is. */
    public static final int PART_BYTES_MAX = 4 * 1024 * 1024;

    /** All parts together, in bytes before compression; what comes then is named and left out. */
    public static final long BYTES_MAX = 48L * 1024 * 1024;

    private static final int BLOCK = 512;
    private static final int NAME_MAX = 100;
    private static final int MODE_OFFSET = 100;
    private static final int SIZE_OFFSET = 124;
    private static final int TIME_OFFSET = 136;
    private static final int SUM_OFFSET = 148;
    private static final int TYPE_OFFSET = 156;
    private static final int MAGIC_OFFSET = 257;

    private final OutputStream out;
    private final String folder;
    private final Instant now;
    private final Consumer<String> progress;
    private final List<String> contents = new ArrayList<>();
    private long bytes;

    /** What a part holds. */
    @FunctionalInterface
    public interface Part {
        /** The text; what it throws is written down instead. */
        String text() throws Exception;
    }

    private Bundle(OutputStream out, String folder, Instant now, Consumer<String> progress) {
        this.out = out;
        this.folder = folder;
        this.now = now;
        this.progress = progress;
    }

    /**
     * Begins one.
     *
     * @param file must not be there yet
     * @param folder in it, where all parts are
     * @param progress told the name of each part before it is collected
     * @throws IOException if it cannot be written
     */
    public static Bundle create(Path file, String folder, Instant now, Consumer<String> progress) throws IOException {
        Set<StandardOpenOption> fresh = EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Files.newByteChannel(
                        file, fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                .close();
        OutputStream raw = Files.newOutputStream(file, StandardOpenOption.WRITE);
        return new Bundle(new GZIPOutputStream(new BufferedOutputStream(raw)), folder, now, progress);
    }

    /** The end of what there is. */
    private record End(long wholeBytes, String text) {}

    /** What comes to an end of something. */
    @FunctionalInterface
    private interface Source {
        End end() throws Exception;
    }

    /** Adds a text of any kind. */
    public void add(String name, Part part) throws IOException {
        collect(name, () -> {
            byte[] all = part.text().getBytes(StandardCharsets.UTF_8);
            int from = Math.max(0, all.length - PART_BYTES_MAX);
            return new End(all.length, new String(all, from, all.length - from, StandardCharsets.UTF_8));
        });
    }

    /** Adds the end of a file of any length; what in it is no UTF-8 is replaced. */
    public void addFile(String name, Path file) throws IOException {
        collect(name, () -> {
            try (SeekableByteChannel channel = Files.newByteChannel(file)) {
                long whole = channel.size();
                channel.position(Math.max(0, whole - PART_BYTES_MAX));
                // Of a device or pipe nobody knows how long it is: its beginning.
                byte[] end = Channels.newInputStream(channel).readNBytes(PART_BYTES_MAX);
                return new End(Math.max(whole, end.length), new String(end, StandardCharsets.UTF_8));
            }
        });
    }

    private void collect(String name, Source source) throws IOException {
        progress.accept(name);
        long whole;
        byte[] kept;
        try {
            End end = source.end();
            whole = end.wholeBytes();
            kept = (whole <= PART_BYTES_MAX ? Secrets.without(end.text()) : Secrets.withoutInEnd(end.text()))
                    .getBytes(StandardCharsets.UTF_8);
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            String why = e.getMessage() == null ? e.toString() : e.getMessage();
            contents.add(name + ": not there: " + Secrets.without(why));
            return;
        }
        if (bytes + kept.length > BYTES_MAX) {
            contents.add(name + ": left out, the bundle is full");
            return;
        }
        bytes += kept.length;
        contents.add(name + ": " + kept.length + " bytes" + (whole > PART_BYTES_MAX ? ", the end of " + whole : ""));
        entry(name, kept);
    }

    /** Adds objects in YAML, without their secrets. */
    public void addObjects(String name, Part part) throws IOException {
        add(
                name,
                () -> Secrets.ofObjects(part.text())
                        .orElseThrow(() -> new IOException(
                                "it cannot be read as objects, so secrets in it could not be found; send it by"
                                        + " itself if there are none")));
    }

    /** One line for each part that was asked for: how long it is, or why it is not there. */
    public List<String> contents() {
        return List.copyOf(contents);
    }

    private void entry(String name, byte[] content) throws IOException {
        byte[] header = new byte[BLOCK];
        String path = folder + "/" + name;
        byte[] label = path.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(label, 0, header, 0, Math.min(label.length, NAME_MAX));
        put(header, MODE_OFFSET, "0000600");
        put(header, SIZE_OFFSET, String.format(Locale.ROOT, "%011o", content.length));
        put(header, TIME_OFFSET, String.format(Locale.ROOT, "%011o", now.getEpochSecond()));
        header[TYPE_OFFSET] = '0';
        put(header, MAGIC_OFFSET, "ustar\u000000");
        // The sum is taken with blanks where it stands.
        Arrays.fill(header, SUM_OFFSET, SUM_OFFSET + 8, (byte) ' ');
        int sum = 0;
        for (byte each : header) {
            sum += each & 0xff;
        }
        put(header, SUM_OFFSET, String.format(Locale.ROOT, "%06o\u0000", sum));
        out.write(header);
        out.write(content);
        out.write(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
    }

    private static void put(byte[] header, int offset, String text) {
        byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, header, offset, ascii.length);
    }

    /** Writes the list of contents and ends the file. */
    @Override
    public void close() throws IOException {
        try (out) {
            entry("CONTENTS", (String.join("\n", contents) + "\n").getBytes(StandardCharsets.UTF_8));
            out.write(new byte[2 * BLOCK]);
        }
    }
}
