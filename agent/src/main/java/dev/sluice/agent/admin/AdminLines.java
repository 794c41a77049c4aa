package dev.sluice.agent.admin;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Lines of UTF-8 over a channel, each at most a given size. One user. */
final class AdminLines {
    private static final int PIECE_BYTES = 1 << 16;

    private final ByteChannel channel;
    private final int lineBytesMax;
    private final ByteBuffer received = ByteBuffer.allocate(16 * 1024).flip();

    AdminLines(ByteChannel channel, int lineBytesMax) {
        this.channel = channel;
        this.lineBytesMax = lineBytesMax;
    }

    /** A line was longer than allowed; what follows on the channel is not to be trusted. */
    static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLongException(int lineBytesMax) {
            super("the line is longer than " + lineBytesMax + " bytes");
        }
    }

    /**
     * The next line without its end; null at the end of the stream. A last line without an end counts.
     *
     * @throws TooLongException if the line is too long
     */
    @Nullable
    String read() throws IOException {
        byte[] line = new byte[256];
        int length = 0;
        while (true) {
            while (received.hasRemaining()) {
                byte b = received.get();
                if (b == '\n') {
                    return text(line, length);
                }
                if (length == lineBytesMax) {
                    throw new TooLongException(lineBytesMax);
                }
                if (length == line.length) {
                    line = Arrays.copyOf(line, Math.min(lineBytesMax, 2 * length));
                }
                line[length++] = b;
            }
            received.clear();
            int bytes = channel.read(received);
            received.flip();
            if (bytes < 0) {
                return length == 0 ? null : text(line, length);
            }
        }
    }

    private static String text(byte[] line, int length) {
        return new String(line, 0, length, StandardCharsets.UTF_8);
    }

    /** Writes a line; it must not contain a line end. Piece by piece: a line may be tens of megabytes, and its bytes are never all there beside it. */
    void write(String line) throws IOException {
        CharBuffer rest = CharBuffer.wrap(line);
        CharsetEncoder encoder = StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE);
        ByteBuffer piece = ByteBuffer.allocate(pieceBytes(line.length()));
        while (encoder.encode(rest, piece, true).isOverflow()) {
            send(piece);
        }
        encoder.flush(piece);
        if (!piece.hasRemaining()) {
            send(piece);
        }
        send(piece.put((byte) '\n'));
    }

    /** Room for the whole line and its end, or for a piece of it. */
    static int pieceBytes(int characters) {
        return (int) Math.min(PIECE_BYTES, 4L * characters + 16);
    }

    private void send(ByteBuffer piece) throws IOException {
        piece.flip();
        while (piece.hasRemaining()) {
            channel.write(piece);
        }
        piece.clear();
    }
}
