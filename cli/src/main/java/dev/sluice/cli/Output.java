package dev.sluice.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** The standard output, which remembers what went wrong: writers and {@code System.out} only know that something did. Any thread. */
final class Output extends OutputStream {
    private final OutputStream to;
    private volatile @Nullable IOException failure;

    Output(OutputStream to) {
        this.to = to;
    }

    /** That of this process. */
    static Output standard() {
        return new Output(new FileOutputStream(FileDescriptor.out));
    }

    /** For texts. */
    PrintWriter writer() {
        return new PrintWriter(this, true, System.out.charset());
    }

    /** Whether nobody reads any more. */
    static boolean isBrokenPipe(Exception e) {
        return String.valueOf(e.getMessage()).startsWith("Broken pipe");
    }

    /** What went wrong first; null if nothing did, or whoever read has had enough. */
    @Nullable
    IOException failure() {
        IOException first = failure;
        return first == null || isBrokenPipe(first) ? null : first;
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            to.write(bytes, offset, length);
        } catch (IOException e) {
            failure = failure == null ? e : failure;
            throw e;
        }
    }

    @Override
    public void flush() throws IOException {
        to.flush();
    }
}
