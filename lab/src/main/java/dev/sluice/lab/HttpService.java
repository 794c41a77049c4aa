package dev.sluice.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A web server in a namespace, and requests to it from others. */
public final class HttpService {
    /**
     * What a request brought.
     *
     * @param status HTTP status, 0 if there was no answer
     * @param bytes size of the body
     */
    public record Answer(int status, long bytes) {
        /** No answer in time. */
        public static final Answer NONE = new Answer(0, 0);
    }

    /** A request under way. */
    public static final class Request {
        private final LabProcess process;

        private Request(LabProcess process) {
            this.process = process;
        }

        /** The client process. */
        public LabProcess process() {
            return process;
        }

        /** Waits for the end of the request. */
        public Answer await(Duration atMost) {
            process.awaitExit(atMost);
            return process.lastLine("status=").map(HttpService::answer).orElse(Answer.NONE);
        }

        /** CRC-32 of the body that came, in hexadecimal digits; empty if none did or it did not come to its end. */
        public String checksum() {
            return process.lastLine("status=")
                    .map(line -> line.substring(line.indexOf("crc32=") + "crc32=".length()))
                    .orElse("");
        }
    }

    private static final Duration START = Duration.ofSeconds(20);
    private static final Duration END = Duration.ofSeconds(20);
    private static final String LASTED = "lasted bytes=";
    private static final Pattern ANSWER = Pattern.compile("status=(\\d+) bytes=(\\d+) .*");

    private final LabProcess process;
    private final int port;
    private final Path end;

    private HttpService(LabProcess process, int port, Path end) {
        this.process = process;
        this.port = port;
        this.end = end;
    }

    /**
     * Starts a server; {@code /file/BYTES} and {@code /slow/BYTES/MILLIS} give bodies of that size, {@code /lasting/BYTES/MILLIS} one that ends earlier if
     * {@link #endLasting} says so; any other path is answered with 200.
     */
    public static HttpService start(Namespace namespace, int port) {
        Path end = namespace.topology().freshFile("end");
        LabProcess process = namespace
                .startJava(
                        "http-server",
                        HttpServerMain.class,
                        List.of("--port", Integer.toString(port), "--end", end.toString()))
                .awaitReady(START);
        return new HttpService(process, port, end);
    }

    /** The server process; its log has a line {@code request ADDRESS PATH} for each request. */
    public LabProcess process() {
        return process;
    }

    /** Ends the {@code /lasting} body that is under way and waits for that; its size in bytes. Those begun afterwards are empty. */
    public long endLasting() {
        EndMark.set(end);
        String line = process.awaitLine("how much lasted", END, text -> text.startsWith(LASTED));
        return Long.parseLong(line.substring(LASTED.length()));
    }

    /** Starts a request; the time-out counts for connecting and for each read. */
    public Request request(Namespace from, String address, String path, Duration timeout) {
        String host = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
        List<String> arguments = new ArrayList<>(List.of(
                "--url",
                "http://" + host + ":" + port + path, //
                "--timeout-ms",
                Long.toString(timeout.toMillis())));
        return new Request(from.startJava("http-client", HttpClientMain.class, arguments));
    }

    /** Makes a request and waits for the end of it. */
    public Answer get(Namespace from, String address, String path, Duration timeout) {
        return request(from, address, path, timeout).await(timeout.plus(timeout).plus(START));
    }

    /** The {@linkplain Request#checksum checksum} that a body of {@code /file} or {@code /slow} has when it comes whole. */
    public static String checksum(long bytes) {
        return HttpBody.checksum(bytes);
    }

    private static Answer answer(String line) {
        return Optional.of(ANSWER.matcher(line))
                .filter(Matcher::matches)
                .map(matcher -> new Answer(Integer.parseInt(matcher.group(1)), Long.parseLong(matcher.group(2))))
                .orElse(Answer.NONE);
    }
}
