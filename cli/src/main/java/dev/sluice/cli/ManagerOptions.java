package dev.sluice.cli;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which manager a command talks to. */
final class ManagerOptions {
    /** Where a manager listens if nobody says otherwise. */
    static final String DEFAULT_ADDRESS = "127.0.0.1:9470";

    @Option(
            names = "--manager",
            paramLabel = "URL",
            description =
                    "The manager (default: environment variable SLUICE_MANAGER, else http://" + DEFAULT_ADDRESS + ").")
    private @Nullable String url;

    ManagerClient client() {
        String environment = System.getenv("SLUICE_MANAGER");
        String text = url != null
                ? url
                : environment != null && !environment.isEmpty() ? environment : "http://" + DEFAULT_ADDRESS;
        try {
            URI uri = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            boolean usable = "http".equals(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getPath().isEmpty();
            if (usable && uri.getQuery() == null && uri.getUserInfo() == null) {
                return new ManagerClient(uri.toString());
            }
        } catch (java.net.URISyntaxException e) {
            // The same answer as for what can be read and is something else.
        }
        throw new CommandFailure(
                "--manager " + text + " is not the address of a manager; write http://" + DEFAULT_ADDRESS);
    }
}
