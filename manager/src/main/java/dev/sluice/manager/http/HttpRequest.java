package dev.sluice.manager.http;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request; used by the thread that answers it.
 *
 * @param method in capitals
 * @param path decoded, beginning with a slash
 * @param query decoded values by name, in the order written
 * @param client address that it came from
 */
public record HttpRequest(
        String method, String path, Map<String, List<String>> query, String client, Headers headers, Body body) {
    /** The headers. */
    public interface Headers {
        /** The first header of a name. */
        Optional<String> first(String name);
    }

    /** What follows the headers, to be read once. */
    public interface Body {
        /** The first bytes of it, so many at most; empty if there is more. */
        Optional<byte[]> read(int bytesMax) throws IOException;
    }

    /** The first header of a name; empty if there is none. */
    public String header(String name) {
        return headers.first(name).orElse("");
    }

    /** The first value of a parameter; empty if there is none. */
    public String parameter(String name) {
        List<String> values = query.getOrDefault(name, List.of());
        return values.isEmpty() ? "" : values.getFirst();
    }
}
