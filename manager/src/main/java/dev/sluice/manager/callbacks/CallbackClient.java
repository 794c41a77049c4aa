package dev.sluice.manager.callbacks;

import dev.sluice.manager.callbacks.Callbacks.Due;
import dev.sluice.manager.http.ShownCertificate;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.ServiceManager;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.pki.PeerCheck;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/**
 * Makes one call. Whoever answers gets nothing from the manager but what the call says, is not followed elsewhere, and cannot keep it for longer than the call may take:
 * what it writes behind the head of its answer is not read. Any thread.
 */
final class CallbackClient {
    private final Optional<ShownCertificate> shown;
    private final CallbackTargets targets;

    /** Calls nobody yet. */
    CallbackClient(CallbackOptions options) {
        shown = options.shown();
        targets = options.targets();
    }

    /** Calls; what went wrong, in one line; empty: it was answered. Waits for as long as the call may take. */
    String call(Due due) throws InterruptedException {
        ServiceManager.Callback callback = due.callback();
        Duration timeout = Duration.ofNanos(callback.timeoutNs());
        Optional<String> refused = refused(URI.create(callback.url()).getHost(), timeout);
        if (refused.isPresent()) {
            return refused.get();
        }
        try (HttpClient client = client(callback, timeout)) {
            CompletableFuture<HttpResponse<InputStream>> answer = client.sendAsync(
                    HttpRequest.newBuilder(URI.create(callback.url()))
                            .timeout(timeout)
                            .header("Content-Type", "application/json")
                            .header("User-Agent", "sluice-manager")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(
                                    Trees.bytes(due.assignment().tree())))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            try {
                HttpResponse<InputStream> response = answer.get(callback.timeoutNs(), TimeUnit.NANOSECONDS);
                response.body().close();
                int status = response.statusCode();
                return status / 100 == 2 ? "" : "it answers with status " + status;
            } catch (TimeoutException e) {
                return "no answer within " + timeout.toMillis() + " ms";
            } catch (ExecutionException e) {
                return words(e.getCause() == null ? e : e.getCause(), timeout);
            } finally {
                answer.cancel(true);
                client.shutdownNow();
            }
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            return words(e, timeout);
        }
    }

    private Optional<String> refused(String host, Duration timeout) throws InterruptedException {
        CompletableFuture<Optional<String>> refused = new CompletableFuture<>();
        Thread.ofVirtual().name("sluice-callback-host").start(() -> refused.complete(targets.refuses(host)));
        try {
            return refused.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return Optional.of("its name is not known within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpClient client(ServiceManager.Callback callback, Duration timeout) throws GeneralSecurityException {
        HttpClient.Builder client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(timeout);
        Optional<String> certificate = callback.certificate();
        if (certificate.isPresent() || shown.isPresent()) {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    shown.map(ShownCertificate::managers).orElse(null),
                    certificate.map(CallbackClient::only).orElse(null),
                    null);
            client.sslContext(context);
        }
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        return client.sslParameters(parameters).build();
    }

    private static TrustManager[] only(String certificate) {
        return new TrustManager[] {new PeerCheck(chain -> check(chain.getFirst(), certificate))};
    }

    private static void check(X509Certificate shown, String wanted) throws CertificateException {
        String digest = Protocol.sha256(shown.getEncoded());
        if (!digest.equals(wanted)) {
            throw new CertificateException("it shows another certificate, whose SHA-256 is " + digest);
        }
    }

    private static String words(Throwable failure, Duration timeout) {
        String last = "";
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof HttpTimeoutException) {
                return "no answer within " + timeout.toMillis() + " ms";
            }
            if (each instanceof UnresolvedAddressException) {
                return "there is no host of that name";
            }
            if (each instanceof ConnectException) {
                // Its message is often missing.
                last = "the connection is refused";
            }
            if (each.getMessage() != null) {
                last = each.getMessage();
            }
        }
        String words = last.isEmpty() ? failure.getClass().getSimpleName() : last;
        return words.lines().findFirst().orElse("");
    }
}
