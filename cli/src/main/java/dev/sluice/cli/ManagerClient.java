package dev.sluice.cli;

import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Supplier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * The manager's REST interface, as far as commands use it. With the oldest client of the JDK, and with the reader of YAML for JSON too: both are loaded in a
 * fraction of the time that others take. Used by one thread.
 */
final class ManagerClient {
    private static final int CONNECT_TIMEOUT_MS = 5_000;

    /** A change of many objects is checked as a whole. */
    private static final int READ_TIMEOUT_MS = 60_000;

    /** Longer than a watch is ever silent. */
    private static final int WATCH_TIMEOUT_MS = 30_000;

    private static final int TOO_MANY_REQUESTS = 429;

    /** Every token may ask this, so that it says what is wrong with one. */
    private static final String WHO_AM_I = "/api/v1/self";

    private static final Map<String, @Nullable Object> NOTHING_SAID =
            Map.of("detail", "the manager does not let you in", "action", "try again");

    private final String base;
    private final Supplier<String> token;
    private final @Nullable SSLSocketFactory trust;

    /**
     * A client.
     *
     * @param base {@code http://127.0.0.1:9470}
     * @param token says who asks, empty: nobody says; asked anew before each connection, because that of the administrator changes when the manager starts anew
     * @param trust whom to believe that it is the manager; null: whom Java trusts
     */
    ManagerClient(String base, Supplier<String> token, @Nullable SSLSocketFactory trust) {
        this.base = base;
        this.token = token;
        this.trust = trust;
    }

    /** The manager refuses; status and causes for commands that can say more about them. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int status;
        private final transient Map<String, @Nullable Object> problem;

        Refused(int status, Map<String, @Nullable Object> problem) {
            super(status + " " + problem.get("detail"));
            this.status = status;
            this.problem = problem;
        }

        int status() {
            return status;
        }

        /** What is wrong, and what to do. */
        String headline() {
            String action = Fields.text(problem, "action");
            return Fields.text(problem, "detail") + (action.isEmpty() ? "" : ": " + action);
        }

        /** What is wrong one by one: object, field, message, found, allowed, owner. */
        List<Map<String, @Nullable Object>> causes() {
            return Fields.objects(problem, "causes");
        }

        /** Whether nothing came with the status. */
        boolean isSilent() {
            return problem.equals(NOTHING_SAID);
        }

        /** Whether it may pass by itself: a manager that starts, stands by or is busy. */
        boolean mayPass() {
            return status / 100 == 5 || status == TOO_MANY_REQUESTS;
        }
    }

    /** Where an object is. */
    static String path(Kind kind, String name) {
        return "/api/v1/" + kind.plural() + "/" + name;
    }

    /** {@code path?name=value&...}; values that are empty are left out. */
    static String path(String path, Map<String, String> parameters) {
        StringJoiner query = new StringJoiner("&", "?", "").setEmptyValue("");
        parameters.forEach((name, value) -> {
            if (!value.isEmpty()) {
                query.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
            }
        });
        return path + query;
    }

    /** Asks for a value. */
    Map<String, @Nullable Object> get(String path) {
        return value(request("GET", path, null));
    }

    /** Asks for a text as it is. */
    String text(String path) {
        return request("GET", path, null);
    }

    /** Asks for bytes as they are. */
    byte[] bytes(String path) {
        return exchange(shown -> {
            HttpURLConnection connection = open(path, READ_TIMEOUT_MS, shown);
            int status = connection.getResponseCode();
            if (status != HttpURLConnection.HTTP_OK) {
                throw refused(connection, status);
            }
            try (InputStream in = connection.getInputStream()) {
                return in.readAllBytes();
            }
        });
    }

    /** Sends objects as YAML. */
    Map<String, @Nullable Object> post(String path, String yaml) {
        return value(request("POST", path, yaml));
    }

    /** Sends a value as YAML, to stand at a path. */
    Map<String, @Nullable Object> put(String path, String yaml) {
        return value(request("PUT", path, yaml));
    }

    /** Deletes what is at a path. */
    Map<String, @Nullable Object> delete(String path) {
        return value(request("DELETE", path, null));
    }

    private static Map<String, @Nullable Object> value(String json) {
        if (json.length() <= ConfigurationLoader.FILE_BYTES_MAX) {
            WrittenObject.Read read = WrittenObject.read("answer", json);
            if (read.problems().isEmpty() && read.objects().size() == 1) {
                return read.objects().getFirst().fields();
            }
        }
        // Larger or deeper than what users may write.
        return Json.read(json);
    }

    private String request(String method, String path, @Nullable String body) {
        return exchange(shown -> {
            HttpURLConnection connection = open(path, READ_TIMEOUT_MS, shown);
            connection.setRequestMethod(method);
            connection.setRequestProperty("Accept", "application/json");
            if (body != null) {
                byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
                connection.setRequestProperty("Content-Type", "application/yaml");
                connection.setDoOutput(true);
                // A change is sent once: without this the JDK would send it again when the connection ends.
                connection.setFixedLengthStreamingMode(bytes.length);
                try (OutputStream out = connection.getOutputStream()) {
                    out.write(bytes);
                }
            }
            return answer(connection);
        });
    }

    /** One request with the token that is shown. */
    private interface Exchange<T> {
        T with(String shown) throws IOException;
    }

    /** Asks; once more if the token is not known, and another one is there by now. */
    private <T> T exchange(Exchange<T> exchange) {
        String shown = token.get();
        try {
            try {
                return exchange.with(shown);
            } catch (Refused e) {
                if (e.status() != HttpURLConnection.HTTP_UNAUTHORIZED) {
                    throw e;
                }
                String now = token.get();
                if (now.equals(shown)) {
                    throw e.isSilent() ? unknown(e, shown) : e;
                }
                return exchange.with(now);
            }
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private HttpURLConnection open(String path, int readTimeoutMs, String shown) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(base + path).toURL().openConnection(java.net.Proxy.NO_PROXY);
        if (connection instanceof HttpsURLConnection secure && trust != null) {
            secure.setSSLSocketFactory(trust);
        }
        if (!shown.isEmpty()) {
            connection.setRequestProperty("Authorization", "Bearer " + shown);
        }
        connection.setConnectTimeout(CONNECT_TIMEOUT_MS);
        connection.setReadTimeout(readTimeoutMs);
        connection.setInstanceFollowRedirects(false);
        return connection;
    }

    private String answer(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        if (status / 100 == 2) {
            try (InputStream in = connection.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
        throw refused(connection, status);
    }

    private RuntimeException refused(HttpURLConnection connection, int status) throws IOException {
        String text = "";
        try (InputStream in = connection.getErrorStream()) {
            if (in != null) {
                text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
        if (String.valueOf(connection.getContentType()).startsWith("application/problem+json")) {
            return new Refused(status, text.isEmpty() ? NOTHING_SAID : value(text));
        }
        return new CommandFailure(
                base + " answers with status " + status + ", not as a manager of Sluice would; is the address right?");
    }

    /** The JDK drops what is said with a 401 when a body was sent: another question with the same token gets the same words. */
    private RuntimeException unknown(Refused silent, String shown) throws IOException {
        HttpURLConnection connection = open(WHO_AM_I, READ_TIMEOUT_MS, shown);
        int status = connection.getResponseCode();
        return status == silent.status() ? refused(connection, status) : silent;
    }

    private CommandFailure unreachable(IOException e) {
        if (e instanceof SocketTimeoutException) {
            return new CommandFailure(
                    "the manager at " + base
                            + " does not answer in time; a change may be done all the same: look with 'sluice get'",
                    e);
        }
        String said = String.valueOf(e.getMessage());
        if (e instanceof SSLException && said.contains("subject alternative")) {
            return new CommandFailure(
                    "the certificate of the manager at " + base + " is for other names (" + said
                            + "); write one of those: --manager https://NAME:PORT",
                    e);
        }
        if (e instanceof SSLException) {
            return new CommandFailure(
                    "the manager at " + base + " does not prove who it is (" + e.getMessage()
                            + "); name the certificate that it is signed by with --ca-file or SLUICE_CA_FILE",
                    e);
        }
        if (base.startsWith("http:")
                && (said.startsWith("Unexpected end of file") || said.startsWith("Invalid Http"))) {
            return new CommandFailure(
                    "whoever listens at " + base
                            + " hangs up without an answer; a manager with --tls-cert speaks TLS there: write"
                            + " --manager https://NAME:PORT with a name of its certificate, and --ca-file",
                    e);
        }
        return new CommandFailure(
                "no manager answers at " + base + " (" + e.getMessage()
                        + "); start one with 'sluice manager --data DIR', or name another with --manager URL or"
                        + " SLUICE_MANAGER",
                e);
    }

    /** Hears the events of a stream. */
    interface Listener {
        /** An event; id is empty if one cannot go on behind it. False ends the stream. */
        boolean event(String id, String type, Map<String, @Nullable Object> data);
    }

    /**
     * Listens to a stream of events until it breaks off or the listener has enough.
     *
     * @param lastId of the event to go on behind; empty: from the beginning
     * @return whether the listener had enough
     */
    boolean watch(String path, String lastId, Listener listener) {
        return exchange(shown -> {
            HttpURLConnection connection = open(path, WATCH_TIMEOUT_MS, shown);
            connection.setRequestProperty("Accept", "text/event-stream");
            if (!lastId.isEmpty()) {
                connection.setRequestProperty("Last-Event-ID", lastId);
            }
            int status = connection.getResponseCode();
            if (status != HttpURLConnection.HTTP_OK) {
                throw refused(connection, status);
            }
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
                return listen(lines, listener);
            }
        });
    }

    private static boolean listen(BufferedReader lines, Listener listener) {
        String id = "";
        String type = "";
        List<String> data = new ArrayList<>();
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    type = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data.add(line.substring(6));
                } else if (line.isEmpty() && !type.isEmpty()) {
                    if (!listener.event(id, type, value(String.join("\n", data)))) {
                        return true;
                    }
                    id = "";
                    type = "";
                    data.clear();
                }
            }
        } catch (IOException e) {
            // The stream broke off: whoever listens goes on behind the last event.
            return false;
        }
        return false;
    }
}
