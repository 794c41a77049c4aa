package dev.sluice.model;

import dev.sluice.model.ServiceManager.Spec;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Reads {@link ServiceManager}. */
final class ServiceManagerReader {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int URL_LENGTH_MAX = 2_000;
    private static final int TEXT_LENGTH_MAX = 253;
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");

    private static final ValueType<String> URL_TYPE = Types.checked(
            "https://HOST[:PORT]/PATH of at most " + URL_LENGTH_MAX
                    + " characters; http on 127.0.0.1, [::1] and localhost only",
            "is not an address that can be called back",
            JsonSchema.text("[Hh][Tt][Tt][Pp][Ss]?://[^\\u0000-\\u0020]{1," + (URL_LENGTH_MAX - 8) + "}"),
            ServiceManagerReader::url);
    private static final ValueType<String> FINGERPRINT = Types.checked(
            "SHA-256 of a certificate: 64 hex digits, in pairs with ':' between them or not",
            "is not the SHA-256 of a certificate",
            JsonSchema.text("[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}"),
            ServiceManagerReader::fingerprint);

    private static final Field<String> URL = Field.required(
            "url",
            URL_TYPE,
            "Gets a POST with all that there is to know whenever it is another; answers with 2xx. Other answers, redirections too, count as none.");
    private static final Field<Optional<String>> CERTIFICATE = Field.optional(
            "certificate",
            FINGERPRINT,
            "The only certificate that is believed there, whoever signed it; without it any that the authorities of the manager's machine vouch for.");
    private static final Field<Long> TIMEOUT = Field.defaulted(
            "timeout",
            Types.durationNs(SECOND_NS / 10, 30 * SECOND_NS),
            5 * SECOND_NS,
            "5s",
            "How long an answer may take.");
    private static final ObjectType<ServiceManager.Callback> CALLBACK_TYPE = ObjectType.of(
            v -> new ServiceManager.Callback(v.get(URL), v.get(CERTIFICATE), v.get(TIMEOUT)),
            URL,
            CERTIFICATE,
            TIMEOUT);

    private static final Field<Optional<String>> VENDOR =
            Field.optional("vendor", Types.text(TEXT_LENGTH_MAX), "Who made the service nodes, for people.");
    private static final Field<Optional<String>> VENDOR_ID =
            Field.optional("vendorId", Types.text(TEXT_LENGTH_MAX), "What the vendor calls this service manager.");
    private static final Field<List<String>> SERVICES = Field.required(
            "services",
            Lists.orOne(Types.reference(Kind.SERVICE), 1, ServiceManager.SERVICES_MAX),
            "Whose nodes it manages. No Service has two service managers.");
    private static final Field<Optional<ServiceManager.Callback>> CALLBACK =
            Field.optional("callback", CALLBACK_TYPE, "Where it is told of changes; without it, it asks.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            v -> new Spec(v.get(VENDOR), v.get(VENDOR_ID), v.get(SERVICES), v.get(CALLBACK)),
            VENDOR,
            VENDOR_ID,
            SERVICES,
            CALLBACK);

    private ServiceManagerReader() {}

    private static Optional<String> url(String text) {
        if (text.length() > URL_LENGTH_MAX) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(text);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            String host = uri.getHost();
            boolean sound = host != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawFragment() == null
                    && uri.getPort() != 0
                    && uri.getPort() <= 65_535;
            boolean protectedWay = scheme.equals("https") || (scheme.equals("http") && LOOPBACK.contains(host));
            return sound && protectedWay ? Optional.of(text) : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> fingerprint(String text) {
        String digits = text.toLowerCase(Locale.ROOT);
        if (digits.matches("[0-9a-f]{2}(:[0-9a-f]{2}){31}")) {
            return Optional.of(digits.replace(":", ""));
        }
        return digits.matches("[0-9a-f]{64}") ? Optional.of(digits) : Optional.empty();
    }
}
