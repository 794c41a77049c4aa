package dev.sluice.cli;

import dev.sluice.model.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Waits until objects are in force on all hosts that are to have them, as their condition Applied says. Used by one thread. */
final class AppliedWait {
    private static final long PAUSE_MS = 200;

    /** Of an object that no host needs nothing is ever said: it counts as in force when this time is over. */
    private static final long SAID_NS = TimeUnit.SECONDS.toNanos(3);

    private final ManagerClient client;
    private final ProgressLine progress;

    AppliedWait(ManagerClient client, ProgressLine progress) {
        this.client = client;
        this.progress = progress;
    }

    /**
     * An object that is not in force.
     *
     * @param title kind and name
     * @param message what is said of it
     * @param refused a host has refused it: waiting does not help
     */
    private record Lag(String title, String message, boolean refused) {}

    /**
     * Waits.
     *
     * @param objects as the manager answered when it stored them
     * @throws CommandFailure if a host refuses one of them, or the time is over
     */
    void until(List<Map<String, @Nullable Object>> objects, int seconds) {
        long begunNs = System.nanoTime();
        List<Map<String, @Nullable Object>> left = new ArrayList<>(objects);
        while (true) {
            long waitedNs = System.nanoTime() - begunNs;
            List<Lag> lags = new ArrayList<>();
            left.removeIf(object -> {
                Lag lag = lag(object, waitedNs > SAID_NS);
                if (lag != null) {
                    lags.add(lag);
                }
                return lag == null;
            });
            if (lags.isEmpty()) {
                progress.clear();
                return;
            }
            if (lags.stream().anyMatch(Lag::refused) || waitedNs > TimeUnit.SECONDS.toNanos(seconds)) {
                progress.clear();
                throw failure(lags, seconds);
            }
            progress.show((objects.size() - left.size()) + " of " + objects.size() + " in force; "
                    + lags.getFirst().title() + ": " + lags.getFirst().message());
            pause();
        }
    }

    private static CommandFailure failure(List<Lag> lags, int seconds) {
        StringBuilder text = new StringBuilder("stored, but not in force");
        if (lags.stream().noneMatch(Lag::refused)) {
            text.append(" after ").append(seconds).append(" s");
        }
        text.append(":");
        lags.forEach(lag -> text.append('\n').append(lag.title()).append(": ").append(lag.message()));
        return new CommandFailure(text.toString());
    }

    /** What keeps an object from being in force; null if it is, or is gone. */
    private @Nullable Lag lag(Map<String, @Nullable Object> stored, boolean late) {
        String word = Fields.text(stored, "kind");
        String name = Fields.text(stored, "metadata.name");
        String title = word + "/" + name;
        Map<String, @Nullable Object> now;
        try {
            now = client.get(ManagerClient.path(Kind.named(word).orElseThrow(), name));
        } catch (ManagerClient.Refused e) {
            return e.mayPass() ? new Lag(title, e.headline(), false) : null;
        }
        long wanted = number(stored, "metadata.generation");
        for (Map<String, @Nullable Object> condition : Fields.objects(now, "status.conditions")) {
            if (Fields.text(condition, "type").equals("Applied") && number(condition, "observedGeneration") >= wanted) {
                boolean refused = Fields.text(condition, "reason").equals("Refused");
                return Fields.text(condition, "status").equals("True")
                        ? null
                        : new Lag(title, Fields.text(condition, "message"), refused);
            }
        }
        return late ? null : new Lag(title, "hosts have not said anything yet", false);
    }

    private static long number(Map<String, @Nullable Object> object, String path) {
        return Fields.at(object, path) instanceof Number number ? number.longValue() : 0;
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted; everything is stored", e);
        }
    }
}
