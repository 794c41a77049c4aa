package dev.sluice.manager.access;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Inventory.Deed;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Delete;
import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.manager.store.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** The users, tenants and tokens there are. Any thread; every change leaves an entry in the record of changes. */
public final class Accounts {
    /** Longest life of a token. */
    public static final Duration TTL_MAX = Duration.ofDays(90);

    private static final String USERS = "access/users/";
    private static final String TOKENS = "access/tokens/";
    private static final String NAME = "[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?";
    private static final String NAME_ALLOWED = "a-z, 0-9 and '-', first and last a letter or digit, 1..32 characters";
    private static final int NOTE_LENGTH_MAX = 200;
    private static final int BINDINGS_MAX = 100;

    private final Store store;
    private final Inventory inventory;
    private final InstantSource clock;

    /** What nobody has to be in the store for: the token of whoever can read the manager's own directory. */
    private volatile Optional<Token> local = Optional.empty();

    /** Keeps users beside the objects. */
    public Accounts(Store store, Inventory inventory, InstantSource clock) {
        this.store = store;
        this.inventory = inventory;
        this.clock = clock;
    }

    /**
     * A new token.
     *
     * @param text what clients show; it is told once and kept nowhere
     * @param token what is kept of it
     */
    public record Issued(String text, JsonNode token) {}

    /** A token for whoever may read the file that it is written to, as long as this process runs. */
    public String localAdministrator() {
        Token.Shown shown = Token.Shown.random();
        Instant now = now();
        local = Optional.of(new Token(shown.id(), "local-admin", shown.hash(), now, Instant.MAX, ""));
        return shown.text();
    }

    /** Whose token this is, with what they may do now. */
    public Optional<Identity> identify(String text) {
        Optional<Token.Shown> shown = Token.Shown.of(text);
        if (shown.isEmpty()) {
            return Optional.empty();
        }
        if (local.isPresent() && local.get().fits(shown.get())) {
            return Optional.of(new Identity("local-admin", Identity.LOCAL.bindings(), "", ""));
        }
        Optional<Token> token = token(shown.get().id())
                .filter(kept -> kept.fits(shown.get()) && clock.instant().isBefore(kept.expires()));
        if (token.isEmpty()) {
            return Optional.empty();
        }
        return user(token.get().user())
                .map(user -> new Identity(
                        user.name(),
                        user.bindings(),
                        token.get().id(),
                        token.get().expires().toString()));
    }

    private Optional<Token> token(String id) {
        return read(TOKENS + id).map(Token::of);
    }

    /** The user of a name. */
    public Optional<User> user(String name) {
        return read(USERS + name).map(User::of);
    }

    /** All users, by name. */
    public List<User> users() {
        return list(USERS).stream().map(User::of).toList();
    }

    /** What may be shown of the tokens that are not expired: those of one user, or all. */
    public List<JsonNode> tokens(Optional<String> user) {
        Instant now = clock.instant();
        List<JsonNode> shown = new ArrayList<>();
        for (JsonNode tree : list(TOKENS)) {
            Token token = Token.of(tree);
            if (user.orElse(token.user()).equals(token.user()) && now.isBefore(token.expires())) {
                shown.add(token.tree());
            }
        }
        return shown;
    }

    /** Adds a user, or gives one other roles. */
    public User put(User user, Caller caller) {
        checkName("User", user.name());
        if (Caller.OWN_NAMES.contains(user.name())) {
            throw Refusal.invalid(
                    "User/" + user.name(),
                    "name",
                    "is a name of the manager itself",
                    user.name(),
                    "others than " + String.join(", ", new TreeSet<>(Caller.OWN_NAMES)));
        }
        if (user.bindings().size() > BINDINGS_MAX) {
            throw Refusal.invalid("User/" + user.name(), "roles", "there are too many", "", "0.." + BINDINGS_MAX);
        }
        inventory.store(caller, () -> putting(user));
        return user;
    }

    private Deed putting(User user) {
        SortedSet<String> tenants = inventory.tenants().names();
        for (int i = 0; i < user.bindings().size(); i++) {
            Binding binding = user.bindings().get(i);
            String field = "roles[" + i + "].";
            if (!binding.everywhere() && !tenants.contains(binding.tenant())) {
                throw Refusal.invalid(
                        "User/" + user.name(),
                        field + "tenant",
                        "there is no such tenant",
                        binding.tenant(),
                        "* or one of: " + String.join(", ", tenants));
            }
            if (!binding.everywhere() && !binding.role().ofTenants()) {
                throw Refusal.invalid(
                        "User/" + user.name(),
                        field + "tenant",
                        "this role is for all tenants only",
                        binding.tenant(),
                        "*");
            }
        }
        Optional<Entry> before = entry(USERS + user.name());
        String difference =
                (before.isPresent() ? User.of(Trees.read(before.get().value())).bindings() + " -> " : "")
                        + user.bindings();
        return new Deed(
                (before.isPresent() ? "configured" : "created") + " User/" + user.name(),
                List.of("roles: " + difference),
                List.of(unchanged(USERS + user.name(), before)),
                List.of(new Put(USERS + user.name(), Trees.bytes(user.tree()))));
    }

    /** Removes a user, and so ends all their tokens. */
    public void remove(String name, Caller caller) {
        inventory.store(caller, () -> removing(name));
    }

    private Deed removing(String name) {
        Optional<Entry> before = entry(USERS + name);
        if (before.isEmpty()) {
            throw unknown("User", name);
        }
        List<Change> changes = new ArrayList<>();
        changes.add(new Delete(USERS + name));
        for (JsonNode token : list(TOKENS)) {
            if (Token.of(token).user().equals(name)) {
                changes.add(new Delete(TOKENS + Token.of(token).id()));
            }
        }
        return new Deed("deleted User/" + name, List.of(), List.of(unchanged(USERS + name, before)), changes);
    }

    /** Adds a tenant; objects whose names begin with its name and a dot are its own from now on. */
    public void addTenant(String name, Caller caller) {
        checkName("Tenant", name);
        if (!inventory.tenants().names().contains(name)) {
            inventory.store(caller, () -> addingTenant(name));
        }
    }

    private Deed addingTenant(String name) {
        Optional<Entry> before = entry(Tenants.key());
        // What there was under such names until now was of others.
        Tenants tenants = inventory.tenants().with(name, inventory.history().newest());
        if (tenants.names().size() > Tenants.TENANTS_MAX) {
            throw Refusal.invalid("Tenant/" + name, "", "there are too many tenants", "", "0.." + Tenants.TENANTS_MAX);
        }
        return new Deed(
                "created Tenant/" + name,
                List.of(),
                List.of(unchanged(Tenants.key(), before), inventory.trials().free()),
                List.of(tenants.stored()));
    }

    /** Removes a tenant that has no objects and no users. */
    public void removeTenant(String name, Caller caller) {
        inventory.store(caller, () -> removingTenant(name));
    }

    private Deed removingTenant(String name) {
        Optional<Entry> before = entry(Tenants.key());
        Tenants tenants = inventory.tenants();
        if (!tenants.names().contains(name)) {
            throw unknown("Tenant", name);
        }
        List<String> left = new ArrayList<>();
        inventory.all().objects().stream()
                .filter(object -> tenants.of(object.name()).equals(name))
                .forEach(object -> left.add(object.title()));
        users().stream()
                .filter(user -> user.bindings().stream()
                        .anyMatch(binding -> binding.tenant().equals(name)))
                .forEach(user -> left.add("User/" + user.name()));
        if (!left.isEmpty()) {
            throw new Refusal(
                    Reason.CONFLICT,
                    "tenant " + name + " still has "
                            + String.join(", ", left.subList(0, Math.min(10, left.size())))
                            + (left.size() > 10 ? " and " + (left.size() - 10) + " more" : ""),
                    "delete these first");
        }
        return new Deed(
                "deleted Tenant/" + name,
                List.of(),
                List.of(unchanged(Tenants.key(), before), inventory.trials().free()),
                List.of(tenants.without(name).stored()));
    }

    /** Makes a token for a user. */
    public Issued issue(String user, Duration ttl, String note, Caller caller) {
        // What is no name may not even be a key of the store.
        Optional<Entry> holder = user.matches(NAME) ? entry(USERS + user) : Optional.empty();
        if (holder.isEmpty()) {
            throw unknown("User", user);
        }
        if (ttl.toSeconds() < 1 || ttl.compareTo(TTL_MAX) > 0) {
            throw Refusal.invalid(
                    "Token",
                    "ttlSeconds",
                    "is out of range",
                    String.valueOf(ttl.toSeconds()),
                    "1.." + TTL_MAX.toSeconds());
        }
        if (note.length() > NOTE_LENGTH_MAX || !note.matches("[\\p{Print}]*")) {
            throw Refusal.invalid(
                    "Token", "note", "is no short line", "", "0.." + NOTE_LENGTH_MAX + " printable characters");
        }
        Instant now = now();
        Token.Shown shown = Token.Shown.random();
        Token token = new Token(shown.id(), user, shown.hash(), now, now.plus(ttl), note);
        List<Condition> conditions = new ArrayList<>();
        conditions.add(unchanged(USERS + user, holder));
        conditions.add(new Condition(TOKENS + token.id(), 0));
        List<Change> changes = new ArrayList<>();
        changes.add(new Put(TOKENS + token.id(), token.value()));
        forgetExpired(changes);
        inventory.store(
                caller,
                new Deed(
                        "created Token/" + token.id(),
                        List.of("user: " + user, "expires: " + token.expires()),
                        conditions,
                        changes));
        return new Issued(shown.text(), token.tree());
    }

    private void forgetExpired(List<Change> changes) {
        Instant now = clock.instant();
        for (JsonNode tree : list(TOKENS)) {
            Token token = Token.of(tree);
            if (!now.isBefore(token.expires()) && changes.size() < Store.LIST_MAX) {
                changes.add(new Delete(TOKENS + token.id()));
            }
        }
    }

    /** Ends a token: of one user, or of anybody. */
    public void revoke(String id, Optional<String> user, Caller caller) {
        String key = TOKENS + id;
        Optional<Token> token = id.matches("[0-9a-f]{8}") ? token(id) : Optional.empty();
        if (token.isEmpty()
                || !user.orElse(token.get().user()).equals(token.get().user())) {
            throw unknown("Token", id);
        }
        inventory.store(
                caller,
                new Deed(
                        "deleted Token/" + id,
                        List.of("user: " + token.get().user()),
                        List.of(),
                        List.of(new Delete(key))));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    private static Condition unchanged(String key, Optional<Entry> before) {
        return new Condition(key, before.map(Entry::revision).orElse(0L));
    }

    private Optional<JsonNode> read(String key) {
        return entry(key).map(entry -> Trees.read(entry.value()));
    }

    private Optional<Entry> entry(String key) {
        try {
            return store.get(key);
        } catch (StoreException e) {
            throw Inventory.refusal(e);
        }
    }

    private List<JsonNode> list(String prefix) {
        try {
            List<JsonNode> found = new ArrayList<>();
            String after = "";
            Store.Listing part;
            do {
                part = store.list(prefix, after, Store.LIST_MAX, 0);
                for (Entry entry : part.entries()) {
                    found.add(Trees.read(entry.value()));
                    after = entry.key();
                }
            } while (part.more());
            return found;
        } catch (StoreException e) {
            throw Inventory.refusal(e);
        } catch (CompactedException e) {
            throw new Refusal(Reason.UNAVAILABLE, "the store is being compacted", "try again");
        }
    }

    private static void checkName(String what, String name) {
        if (!name.matches(NAME)) {
            throw Refusal.invalid(what, "name", "is not a name", name, NAME_ALLOWED);
        }
    }

    private static Refusal unknown(String what, String name) {
        return new Refusal(
                Reason.NOT_FOUND,
                "there is no " + what + "/" + name,
                "see which there are: sluice " + what.toLowerCase(Locale.ROOT) + " list");
    }
}
