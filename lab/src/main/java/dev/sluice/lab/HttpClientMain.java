package dev.sluice.lab;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.zip.CRC32;

/**
 * A web client as a program: {@code --url URL --timeout-ms N}. Last line {@code status=N bytes=N millis=N crc32=HEX}, or {@code failed WHY}. The time-out
 * counts for connecting and for each read.
 */
public final class HttpClientMain {
    private HttpClientMain() {}

    /** Entry of the child process. */
    public static void main(String[] arguments) {
        ProgramOptions options = ProgramOptions.parse(arguments);
        int timeoutMs = (int) options.number("timeout-ms", 5_000);
        long startNs = System.nanoTime();
        System.out.println("ready");
        long bytes = 0;
        CRC32 sum = new CRC32();
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(options.text("url")).toURL().openConnection();
            connection.setConnectTimeout(timeoutMs);
            connection.setReadTimeout(timeoutMs);
            connection.setUseCaches(false);
            int status = connection.getResponseCode();
            try (InputStream body = connection.getInputStream()) {
                byte[] chunk = new byte[65_536];
                for (int n = body.read(chunk); n >= 0; n = body.read(chunk)) {
                    bytes += n;
                    sum.update(chunk, 0, n);
                }
            }
            System.out.println("status=" + status + " bytes=" + bytes + " millis="
                    + (System.nanoTime() - startNs) / 1_000_000 + " crc32=" + HttpBody.text(sum));
        } catch (IOException e) {
            System.out.println("failed " + e.getMessage() + " after bytes=" + bytes);
            System.exit(1);
        }
    }
}
