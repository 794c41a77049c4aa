package dev.sluice.manager.rest;

import dev.sluice.manager.access.Identity;
import dev.sluice.manager.access.Role.Permission;
import dev.sluice.manager.http.HttpRequest;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.LabelSelector;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Cause;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Kind;
import dev.sluice.model.Problem;
import dev.sluice.model.WrittenObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A request to a route, with what the route's parameters mean; used by the thread that answers it. */
record Call(HttpRequest request, Map<String, String> path, Identity who) {
    private static final String NAME = "[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?";
    private static final String MANAGER = "[A-Za-z0-9]([-A-Za-z0-9._@]{0,62}[A-Za-z0-9])?";

    /** The kind that the path names. */
    Kind kind() {
        String word = path.getOrDefault("kinds", "");
        return Kind.named(word)
                .filter(kind -> kind.plural().equals(word))
                .orElseThrow(() -> new Refusal(
                        Reason.NOT_FOUND,
                        "there are no " + word + Kind.hint(word, Kind.plurals()),
                        "kinds are: " + String.join(", ", Kind.plurals())));
    }

    /** The name that the path gives; empty if the route has none. */
    String name() {
        String name = path.get("name");
        if (name != null && !name.matches(NAME)) {
            throw new Refusal(
                    Reason.NOT_FOUND,
                    "what the path names is not the name of an object",
                    "names are a-z, 0-9, '-' and '.', first and last a letter or digit, 1..63 characters");
        }
        return name == null ? "" : name;
    }

    /** Refuses parameters that the route does not have: a misspelled dryRun must not change anything. */
    void checkParameters(Set<String> known) {
        for (String name : request.query().keySet()) {
            if (!known.contains(name)) {
                throw new Refusal(
                        Reason.BAD_REQUEST,
                        "unknown parameter " + name + Kind.hint(name, known),
                        "parameters here are: "
                                + (known.isEmpty()
                                        ? "none"
                                        : String.join(
                                                ", ", known.stream().sorted().toList())));
            }
            if (request.query().getOrDefault(name, List.of()).size() > 1) {
                throw new Refusal(Reason.BAD_REQUEST, "parameter " + name + " is given more than once", "give it once");
            }
        }
    }

    /** Refuses who may not do something that is about no object. */
    void require(Permission permission) {
        if (!who.may(permission)) {
            throw new Refusal(
                    Reason.FORBIDDEN,
                    who.user() + " may not " + request.method() + " " + request.path(),
                    "see what you may: sluice whoami; an administrator changes it: sluice user set");
        }
    }

    boolean flag(String name) {
        String value = request.parameter(name);
        return switch (value) {
            case "", "false" -> request.query().containsKey(name) && value.isEmpty();
            case "true" -> true;
            default ->
                throw new Refusal(
                        Reason.BAD_REQUEST, "parameter " + name + " is '" + value + "'", "allowed: true, false");
        };
    }

    long number(String name, long min, long max, long absent) {
        return number(name, request.parameter(name), min, max, absent);
    }

    static long number(String name, String text, long min, long max, long absent) {
        if (text.isEmpty()) {
            return absent;
        }
        long value = text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
        if (value < min || value > max) {
            throw new Refusal(Reason.BAD_REQUEST, name + " is '" + text + "'", "allowed: " + min + ".." + max);
        }
        return value;
    }

    LabelSelector selector() {
        return LabelSelector.parse(request.parameter("labelSelector"));
    }

    /** Who changes something, and what that means for flows in progress; fields are owned under the name given, or that of the user. */
    Caller caller() {
        String manager = request.parameter("fieldManager");
        if (!manager.isEmpty() && !manager.matches(MANAGER)) {
            throw new Refusal(
                    Reason.BAD_REQUEST,
                    "fieldManager is '" + manager + "'",
                    "1..64 letters, digits and . _ @ - between them");
        }
        String owner = manager.isEmpty() ? who.user() : manager;
        if (owner.equals(ManagedObject.DISCOVERY)) {
            throw new Refusal(
                    Reason.BAD_REQUEST,
                    "fieldManager is '" + owner + "', which is the manager itself",
                    "give another name as fieldManager; what is found belongs to nobody else");
        }
        return new Caller(who.user(), owner, who, existingFlows());
    }

    private Optional<ExistingFlows> existingFlows() {
        String word = request.parameter("existingFlows");
        Optional<ExistingFlows> known = ExistingFlows.of(word);
        if (known.isEmpty() && request.query().containsKey("existingFlows")) {
            throw new Refusal(
                    Reason.BAD_REQUEST,
                    "existingFlows is '" + word + "'",
                    "allowed: "
                            + Stream.of(ExistingFlows.values())
                                    .map(ExistingFlows::word)
                                    .collect(Collectors.joining(", "))
                            + "; without it what each Node object says");
        }
        return known;
    }

    /** The version that If-Match asks for; 0: none. */
    long ifMatch() {
        String tag = request.header("If-Match");
        if (tag.isEmpty() || tag.equals("*")) {
            return 0;
        }
        String bare = tag.replaceFirst("^\"(.*)\"$", "$1");
        return number("If-Match", bare, 1, Long.MAX_VALUE, 0);
    }

    /** The objects of the body, in YAML or JSON. */
    List<WrittenObject> objects() throws IOException {
        WrittenObject.Read read = WrittenObject.read("", text());
        List<Problem> errors = read.problems().stream().filter(Problem::isError).toList();
        if (!errors.isEmpty()) {
            throw new Refusal(
                    Reason.INVALID,
                    "the body cannot be read",
                    "send objects in YAML 1.2 or JSON; nothing was changed",
                    errors.stream()
                            .map(e -> new Cause(
                                    e.object(),
                                    e.field(),
                                    e.line() > 0 ? "line " + e.line() + ": " + e.message() : e.message(),
                                    e.found(),
                                    e.allowed(),
                                    ""))
                            .toList());
        }
        return read.objects();
    }

    /** The one object of the body; kind and name are those of the path, if that has a name. */
    WrittenObject object() throws IOException {
        List<WrittenObject> objects = objects();
        if (objects.size() != 1) {
            throw new Refusal(
                    Reason.BAD_REQUEST,
                    "the body holds " + objects.size() + " objects",
                    "send one, or several to POST /api/v1/apply");
        }
        WrittenObject object = objects.getFirst();
        Kind kind = kind();
        if (!object.kind().isEmpty() && !object.kind().equals(kind.word())) {
            throw mismatch(object, "kind", object.kind(), kind.word());
        }
        boolean other = object.name().isPresent()
                && !name().isEmpty()
                && !object.name().get().equals(name());
        if (other) {
            throw mismatch(object, "metadata.name", object.name().orElse(""), name());
        }
        return object;
    }

    private static Refusal mismatch(WrittenObject object, String field, String found, String wanted) {
        return new Refusal(
                Reason.INVALID,
                "the object is not the one of the path",
                "send the object to its own path",
                List.of(new Cause(object.title(), field, "is not that of the path", found, wanted, "")));
    }

    /**
     * The body as a few fields that are no object with kind and name.
     *
     * @param object what they are about, as problems say it
     * @param known all that there are
     */
    Fields fields(String object, Set<String> known) throws IOException {
        WrittenObject.Read read = WrittenObject.read("", text());
        if (read.objects().size() != 1 || read.problems().stream().anyMatch(Problem::isError)) {
            throw new Refusal(Reason.INVALID, "the body cannot be read", "send one object in YAML 1.2 or JSON");
        }
        return new Fields(object, "", Trees.tree(read.objects().getFirst().fields()), known);
    }

    String text() throws IOException {
        String type = request.header("Content-Type").split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        // Types that a page of a browser could send without being asked for permission are not among these.
        if (!Set.of("application/json", "application/yaml", "application/x-yaml", "application/apply-patch+yaml")
                .contains(type)) {
            throw new Refusal(
                    Reason.UNSUPPORTED,
                    type.isEmpty() ? "the request says no Content-Type" : "Content-Type is " + type,
                    "send application/yaml or application/json");
        }
        byte[] bytes = request.body()
                .read(ConfigurationLoader.FILE_BYTES_MAX)
                .orElseThrow(() -> new Refusal(
                        Reason.TOO_LARGE,
                        "the body has more than " + ConfigurationLoader.FILE_BYTES_MAX + " bytes",
                        "split it into several requests"));
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new Refusal(Reason.BAD_REQUEST, "the body is not UTF-8", "send YAML 1.2 or JSON in UTF-8");
        }
    }

    /** Whether the client would rather have YAML than JSON. */
    boolean wantsYaml() {
        return AcceptHeader.prefersYaml(request.header("Accept"));
    }
}
