package dev.sluice.model;

import dev.sluice.model.ServiceChain.AfterLast;
import dev.sluice.model.ServiceChain.Hop;
import dev.sluice.model.ServiceChain.Mode;
import dev.sluice.model.ServiceChain.Selection;
import dev.sluice.model.ServiceChain.Spec;
import dev.sluice.model.ServiceChain.Strategy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@link ServiceChain}. */
final class ServiceChainReader {
    private static final ValueType<String> PROFILE_NAME = Types.reference(Kind.SERVICE, Kind.SERVICE_PROFILE);
    private static final Field<Optional<String>> SERVICE = Field.optional(
            "service", Types.reference(Kind.SERVICE), "The service, in its default profile: as the Service says.");
    private static final Field<Optional<String>> PROFILE =
            Field.optional("profile", PROFILE_NAME, "Or one of its profiles.");
    private static final Field<Optional<FailureAction>> HOP_ON_FAILURE = Field.optional(
            "onFailure", Types.word(FailureAction.class), "For this hop, instead of what profile and chain say.");
    private static final Field<Optional<ServiceAction>> ACTION = Field.optional(
            "action", Types.word(ServiceAction.class), "For this hop, instead of what profile and service say.");
    private static final ValueType<Hop> HOP = Lists.either(
            new ValueType<>() {
                @Override
                public @Nullable Hop read(FieldReader at) {
                    String name = PROFILE_NAME.read(at);
                    return name == null ? null : Hop.named(name, Optional.empty(), Optional.empty());
                }

                @Override
                public String allowed() {
                    return PROFILE_NAME.allowed();
                }

                @Override
                public Map<String, Object> schema() {
                    return PROFILE_NAME.schema();
                }
            },
            ObjectType.of(ServiceChainReader::hop, SERVICE, PROFILE, HOP_ON_FAILURE, ACTION));

    private static final Field<List<Hop>> PROFILES = Field.required(
            "profiles",
            Lists.of(HOP, 0, 8),
            "The services in the order of forward packets, by themselves or by one of their profiles; each at most once. The reverse direction passes them the other way round, unless reverse says otherwise. Empty only if reverse is not.");
    private static final Field<Optional<List<Hop>>> REVERSE = Field.optional(
            "reverse",
            Lists.of(HOP, 0, 8),
            "The services that reverse packets pass, in their order, if not those of forward packets the other way"
                    + " round; [] for none. Not for chains with a service that translates. Services that stand in both"
                    + " lists have the same instance for both directions. Both lists together have at most 8 places: a"
                    + " service that stands in both, in opposite order, takes one.");
    private static final Field<FailureAction> ON_FAILURE = Field.defaulted(
            "onFailure",
            Types.word(FailureAction.class),
            FailureAction.CLOSED,
            "What happens when a service has no working instance. closed: packets are dropped; open: they go on"
                    + " uninspected and counted.");
    private static final Field<Strategy> STRATEGY = Field.defaulted(
            "strategy",
            Types.word(Strategy.class),
            Strategy.ROUND_ROBIN,
            "Which paths new flows get where instances are on several hosts. round-robin: all of them; any: all of them,"
                    + " in turn, whatever weights, metrics, loads and selection say; local:"
                    + " those with the most instances on this host; cluster: those whose instances are all on one host,"
                    + " whichever. The others are backups, the next best first, for when none of the best is alive (with"
                    + " selection least-flows there are no backups). On one host local, cluster and round-robin are the same.");
    private static final Field<Selection> SELECTION = Field.defaulted(
            "selection",
            Types.word(Selection.class),
            Selection.ROUND_ROBIN,
            "How a new flow's path is chosen among those whose instances are alive. round-robin: in turn, by weight;"
                    + " least-flows: fewest active flows per weight; nearest: smallest sum of the instances' metrics,"
                    + " among equals in turn; least-load: in turn, by weight, instances that are loaded more than others"
                    + " of their service less often, as the manager tells.");
    private static final Field<Mode> MODE = Field.defaulted(
            "mode",
            Types.word(Mode.class),
            Mode.DIRECT,
            "How packets get from a service on one host to the next on another. direct: at once; hub: back to the"
                    + " classifying host in between. On one host both are the same.");

    private static final Field<AfterLast> AFTER_LAST = Field.defaulted(
            "afterLast",
            Types.word(AfterLast.class),
            AfterLast.CLASSIFIER,
            "Where packets go behind the last service, if that is on another host than the one that classified them."
                    + " classifier: back to that host; destination: straight to the host of their destination, if they are"
                    + " in a LogicalSwitch and no service translates or changes Ethernet headers; else back as well. On"
                    + " one host both are the same.");

    private static final Field<Optional<Integer>> SVNI = Field.optional(
            "svni",
            Types.integer(1, Spec.SVNI_MAX),
            "Virtual network of the service plane that carries the chain between hosts (the VNI of its tunnels). Without it, and without attachment, "
                    + Spec.SVNI_DEFAULT + ".");
    private static final Field<Optional<String>> ATTACHMENT = Field.optional(
            "attachment",
            Types.reference(Kind.SERVICE_ATTACHMENT),
            "Or the ServiceAttachment that is this plane: the chain passes only service instances of hosts that are on it.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            ServiceChainReader::spec,
            PROFILES,
            REVERSE,
            ON_FAILURE,
            STRATEGY,
            SELECTION,
            MODE,
            AFTER_LAST,
            SVNI,
            ATTACHMENT);

    private ServiceChainReader() {}

    private static @Nullable Hop hop(Values v) {
        Optional<String> service = v.get(SERVICE);
        Optional<String> profile = v.get(PROFILE);
        if (service.isPresent() == profile.isPresent()) {
            return service.isPresent()
                    ? v.refuse("profile", "stands beside service", "one of service and profile")
                    : v.refuse("service", "is missing", "service, or profile in its place");
        }
        return Hop.named(service.or(() -> profile).orElseThrow(), v.get(HOP_ON_FAILURE), v.get(ACTION));
    }

    private static @Nullable Spec spec(Values v) {
        List<Hop> hops = v.get(PROFILES);
        Optional<List<Hop>> reverse = v.get(REVERSE);
        if (v.get(SVNI).isPresent() && v.get(ATTACHMENT).isPresent()) {
            return v.refuse("svni", "stands beside attachment, which has a number", "one of svni and attachment");
        }
        boolean forwardSound = isOnce(v, "profiles", hops);
        boolean sound = isOnce(v, "reverse", reverse.orElse(List.of())) && forwardSound;
        int places = ChainPlaces.of(hops, reverse).size();
        if (sound && places == 0) {
            v.refuse("profiles", "has no service, and reverse has none", "at least one service in one of them");
            return null;
        }
        if (sound && places > Spec.PLACES_MAX) {
            v.refuse(
                    "reverse",
                    "makes " + places
                            + " places of a path together with profiles: a service of both lists takes two unless it"
                            + " stands in opposite order",
                    "lists that need at most " + Spec.PLACES_MAX + " places");
            return null;
        }
        return sound
                ? new Spec(
                        hops,
                        reverse,
                        v.get(ON_FAILURE),
                        v.get(STRATEGY),
                        v.get(SELECTION),
                        v.get(MODE),
                        v.get(AFTER_LAST),
                        v.get(SVNI).orElse(Spec.SVNI_DEFAULT),
                        v.get(ATTACHMENT))
                : null;
    }

    private static boolean isOnce(Values v, String field, List<Hop> hops) {
        List<String> services = hops.stream().map(Hop::service).toList();
        boolean sound = true;
        for (int i = 0; i < services.size(); i++) {
            if (services.indexOf(services.get(i)) < i) {
                v.refuse(field + "[" + i + "]", "is a service that the list has already", "each service once");
                sound = false;
            }
        }
        return sound;
    }
}
