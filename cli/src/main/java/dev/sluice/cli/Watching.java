package dev.sluice.cli;

import dev.sluice.model.Kind;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Listens to what happens to objects until somebody has had enough: goes on behind the last event when the connection breaks off, and with all objects where
 * what was missed is not kept any more. Used once, by one thread.
 */
final class Watching {
    private static final int PAUSE_S = 1;

    /** What happened behind the last event is not kept, or is of another history: a manager after a restore. */
    private static final int GONE = 410;

    /** Hears of objects. */
    interface Hearer {
        /** All objects follow as added, up to the next {@link #complete}; what was heard before may be so no longer. */
        default void beginning() {}

        /** Everything up to here is told. */
        default boolean complete() {
            return true;
        }

        /**
         * Something happened to an object.
         *
         * @param type added, modified or deleted
         * @param data type and object, as the manager tells them
         * @return whether to go on
         */
        boolean event(String type, Map<String, @Nullable Object> data);
    }

    private final ManagerClient client;
    private final PrintWriter out;
    private final PrintWriter err;
    private final String path;
    private final String followsAnew;
    private String last = "";

    /**
     * Listens to nothing yet.
     *
     * @param out where the hearer writes; when nobody reads there any more, it ends
     * @param kind null: every kind
     * @param followsAnew what comes where what was missed is not kept: {@code all objects follow}
     */
    Watching(
            ManagerClient client,
            PrintWriter out,
            PrintWriter err,
            @Nullable Kind kind,
            String selector,
            String followsAnew) {
        this.client = client;
        this.out = out;
        this.err = err;
        this.followsAnew = followsAnew;
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("kinds", kind == null ? "" : kind.plural());
        parameters.put("labelSelector", selector);
        path = ManagerClient.path("/api/v1/watch", parameters);
    }

    /** Listens until the hearer has had enough, nobody reads any more or the thread is interrupted. */
    void run(Hearer hearer) {
        boolean connected = false;
        while (!out.checkError() && !Thread.currentThread().isInterrupted()) {
            try {
                if (last.isEmpty()) {
                    hearer.beginning();
                }
                if (client.watch(path, last, (id, type, data) -> event(hearer, id, type, data))) {
                    return;
                }
                connected = true;
                err.println("sluice: the connection broke off; trying again");
                pause();
            } catch (CommandFailure e) {
                if (!connected) {
                    throw e;
                }
                pause();
            } catch (ManagerClient.Refused e) {
                if (!last.isEmpty() && e.status() == GONE) {
                    forget();
                } else if (!connected || !e.mayPass()) {
                    throw e;
                } else {
                    pause();
                }
            }
        }
    }

    private boolean event(Hearer hearer, String id, String type, Map<String, @Nullable Object> data) {
        last = id.isEmpty() ? last : id;
        return switch (type) {
            case "end" -> {
                if (Fields.text(data, "status").equals(String.valueOf(GONE))) {
                    forget();
                }
                yield true;
            }
            case "bookmark" -> hearer.complete();
            default -> hearer.event(type, data);
        };
    }

    /** Of what was missed nothing is known any more: from the state as it is. */
    private void forget() {
        last = "";
        err.println("sluice: what happened meanwhile is not kept any more; " + followsAnew);
    }

    private static void pause() {
        try {
            TimeUnit.SECONDS.sleep(PAUSE_S);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
