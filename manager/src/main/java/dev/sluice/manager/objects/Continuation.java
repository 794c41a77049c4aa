package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.model.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Where a listing goes on: at which revision, behind which key. */
record Continuation(long revision, String key) {
    static Continuation parse(String text, Kind kind) {
        if (text.isEmpty()) {
            return new Continuation(0, "");
        }
        try {
            String plain = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.US_ASCII);
            int colon = plain.indexOf(':');
            Continuation parsed = new Continuation(
                    Long.parseLong(plain.substring(0, Math.max(colon, 0))), plain.substring(colon + 1));
            if (parsed.revision > 0 && parsed.key.startsWith(ManagedObject.prefix(kind))) {
                return parsed;
            }
        } catch (IllegalArgumentException e) {
            // The same answer as for what can be read and makes no sense.
        }
        throw new Refusal(
                Reason.BAD_REQUEST,
                "continue is not what a listing of " + kind.plural() + " gave",
                "list from the beginning, without continue");
    }

    String text() {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((revision + ":" + key).getBytes(StandardCharsets.US_ASCII));
    }
}
