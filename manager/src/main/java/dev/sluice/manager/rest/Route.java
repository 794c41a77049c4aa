package dev.sluice.manager.rest;

import dev.sluice.manager.http.HttpAnswer;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One operation of the interface.
 *
 * @param template path with names in braces: {@code /api/v1/{kinds}/{name}}
 * @param operation its name in the contract
 * @param open whether it is answered to those who do not say who they are
 */
record Route(String method, String template, String operation, boolean open, Handler handler) {
    /** An operation for those who said who they are. */
    Route(String method, String template, String operation, Handler handler) {
        this(method, template, operation, false, handler);
    }

    /** Answers a request to a route. */
    interface Handler {
        HttpAnswer answer(Call call) throws IOException, InterruptedException;
    }

    /** The values of the names in braces, if the path is one of this route. */
    Optional<Map<String, String>> match(String path) {
        List<String> want = List.of(template.split("/", -1));
        List<String> have = List.of(path.split("/", -1));
        if (want.size() != have.size()) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < want.size(); i++) {
            if (want.get(i).startsWith("{")) {
                values.put(want.get(i).substring(1, want.get(i).length() - 1), have.get(i));
            } else if (!want.get(i).equals(have.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(values);
    }
}
