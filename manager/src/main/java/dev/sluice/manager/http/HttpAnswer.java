package dev.sluice.manager.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** An answer to a request. */
public sealed interface HttpAnswer {
    /** A body that is there as a whole. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Whole(int status, String contentType, Map<String, String> headers, byte[] body) implements HttpAnswer {}

    /** A body that is written bit by bit, for as long as the client listens. */
    record Streamed(String contentType, Writer writer) implements HttpAnswer {}

    /** Writes a stream; ends when it returns. */
    interface Writer {
        /** Writes until there is no more, or the client has gone. */
        void write(Sink sink) throws IOException, InterruptedException;
    }

    /** Where a stream goes. */
    interface Sink {
        /** Sends a text at once. */
        void send(String text) throws IOException;
    }

    /** A text. */
    static Whole text(int status, String contentType, String body) {
        return new Whole(status, contentType, Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }
}
