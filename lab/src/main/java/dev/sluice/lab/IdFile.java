package dev.sluice.lab;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of ids in the order they came, 8 bytes each, big-endian; written by one program, read by another while it grows. */
final class IdFile implements AutoCloseable {
    private final OutputStream out;
    private final byte[] record = new byte[8];

    private IdFile(OutputStream out) {
        this.out = out;
    }

    static IdFile create(Path file) {
        try {
            return new IdFile(new BufferedOutputStream(Files.newOutputStream(file)));
        } catch (IOException e) {
            throw new LabException("id file " + file + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Adds an id; others see it after {@link #flush}. */
    synchronized void add(long id) {
        ByteBuffer.wrap(record).putLong(id);
        try {
            out.write(record);
        } catch (IOException e) {
            throw new LabException("id file cannot be written: " + e.getMessage(), e);
        }
    }

    synchronized void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new LabException("id file cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new LabException("id file cannot be closed: " + e.getMessage(), e);
        }
    }

    /** The ids that the file holds now; none if there is no file. */
    static long[] read(Path file) {
        if (!Files.exists(file)) {
            return new long[0];
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            long[] ids = new long[bytes.remaining() / 8];
            bytes.asLongBuffer().get(ids);
            return ids;
        } catch (IOException e) {
            throw new LabException("id file " + file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
