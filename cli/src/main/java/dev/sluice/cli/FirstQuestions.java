package dev.sluice.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * Loads what the commands load that only ask a manager, in a JVM that keeps it for those after it, as {@link FirstStart} does for the others: by itself, because
 * whatever is kept is brought into memory at each start, and these need little of what managers and nodes do. Who answers is no manager, and always says the
 * same. Ends with status 1 if a command finds one of its classes missing. By itself it is of no use.
 */
final class FirstQuestions {
    private static final String SERVICE =
            "{\"apiVersion\": \"sluice.dev/v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"firewall\", \"creationTimestamp\": \"2026-01-01T00:00:00Z\", \"resourceVersion\": \"1\","
                    + " \"managedFields\": [{\"manager\": \"sluice\", \"operation\": \"Apply\", \"time\": \"2026-01-01T00:00:00Z\", \"fields\": [\"/spec/transport\"]}]},"
                    + " \"spec\": {\"transport\": \"raw\"}, \"status\": {\"conditions\": [{\"type\": \"Applied\", \"status\": \"True\"}]}}";

    private static final String CHANGED =
            "{\"items\": [{\"result\": \"configured\", \"object\": " + SERVICE + "}], \"warnings\": []}";

    /** What is answered, by the beginning of what is asked for; the first that fits. */
    private static final List<Map.Entry<String, String>> ANSWERS = List.of(
            Map.entry("/api/v1/watch", ""),
            Map.entry("/api/v1/self/rights", "{\"allowed\": true}"),
            Map.entry("/api/v1/self", "{\"user\": \"nobody\", \"roles\": []}"),
            Map.entry("/api/v1/apply", CHANGED),
            Map.entry("/api/v1/delete", CHANGED),
            Map.entry("/api/v1/events", "{\"items\": [], \"newest\": \"0\"}"),
            Map.entry("/api/v1/services/firewall/references", "{\"items\": []}"),
            Map.entry("/api/v1/services/firewall", SERVICE),
            Map.entry("/api/v1/", "{\"metadata\": {\"resourceVersion\": \"1\"}, \"items\": [" + SERVICE + "]}"));

    /** The first byte of somebody who speaks TLS (RFC 8446, 5.1). */
    private static final int TLS_HANDSHAKE = 22;

    private FirstQuestions() {}

    /** Entry of the process. */
    public static void main(String[] arguments) throws IOException {
        Path file = Files.createTempFile("sluice-first-questions-", ".yaml");
        StringWriter said = new StringWriter();
        try (ServerSocket listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            Files.writeString(
                    file,
                    "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}\n");
            Thread.ofPlatform().daemon().start(() -> answerAll(listener));
            everything(file.toString(), "127.0.0.1:" + listener.getLocalPort(), new PrintWriter(said, true));
        } finally {
            Files.deleteIfExists(file);
        }
        boolean missing = said.toString().contains("NoClassDefFoundError");
        if (missing) {
            System.err.println(said);
        }
        System.exit(missing ? ExitCode.FAILED : ExitCode.OK);
    }

    private static void everything(String file, String at, PrintWriter err) {
        String manager = "http://" + at;
        for (List<String> words : List.of(
                List.of("get", "services"),
                List.of("get", "service", "firewall", "-o", "yaml"),
                List.of("get", "services", "-o", "json"),
                List.of("get", "services", "-o", "wide"),
                List.of("get", "services", "-o", "jsonpath={.items[*].metadata.name}"),
                List.of("get", "services", "-w", "--count", "1"),
                List.of("apply", "-f", file),
                List.of("describe", "service", "firewall"),
                List.of("tree"),
                List.of("delete", "service", "firewall"),
                List.of("events"),
                List.of("whoami"),
                List.of("can-i", "read", "service"),
                List.of("watch", "--count", "1"),
                List.of("export"))) {
            List<String> all = new ArrayList<>(words);
            all.addAll(List.of("--manager", manager));
            say(err, all);
        }
        // What goes wrong loads classes too, and who answers here cannot prove who it is.
        say(err, List.of("get", "services", "--manager", "https://" + at));
        say(err, List.of("get", "pigeons", "--manager", manager));
        say(err, List.of("get", "--help"));
    }

    private static void say(PrintWriter err, List<String> words) {
        String[] arguments = words.toArray(String[]::new);
        CommandLine line = Main.commandLine(arguments);
        line.setErr(err);
        Main.run(line, new Output(OutputStream.nullOutputStream()), arguments);
    }

    private static void answerAll(ServerSocket listener) {
        while (true) {
            try (Socket socket = listener.accept()) {
                answer(socket);
            } catch (IOException e) {
                if (listener.isClosed()) {
                    return;
                }
                // Whoever asked has hung up.
            }
        }
    }

    private static void answer(Socket socket) throws IOException {
        if (socket.getInputStream().read() == TLS_HANDSHAKE) {
            // Who would wait for an answer hears at once that there is none.
            return;
        }
        // A letter of the first word is gone, which is of no account.
        BufferedReader in =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        String[] request = String.valueOf(in.readLine()).split(" ", -1);
        int length = 0;
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            if (line.startsWith("Content-Length: ")) {
                length = Integer.parseInt(line.substring("Content-Length: ".length()));
            }
        }
        for (int i = 0; i < length; i++) {
            in.read();
        }
        String path = request.length > 1 ? request[1] : "";
        String body = ANSWERS.stream()
                .filter(answer -> path.startsWith(answer.getKey()))
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse("{}");
        boolean stream = body.isEmpty();
        String text = stream
                ? "event: added\ndata: {\"type\": \"added\", \"object\": " + SERVICE + "}\n\n"
                        + "id: 1\nevent: bookmark\ndata: {\"resourceVersion\": \"1\"}\n\n"
                : body;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
                + (stream ? "text/event-stream" : "application/json") + "\r\nContent-Length: " + bytes.length
                + "\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().write(bytes);
    }
}
