package dev.sluice.model;

import dev.sluice.model.ServicePolicy.AppliedTo;
import dev.sluice.model.ServicePolicy.Drop;
import dev.sluice.model.ServicePolicy.NoService;
import dev.sluice.model.ServicePolicy.Observe;
import dev.sluice.model.ServicePolicy.Rule;
import dev.sluice.model.ServicePolicy.RuleAction;
import dev.sluice.model.ServicePolicy.Spec;
import dev.sluice.model.ServicePolicy.ToChain;
import dev.sluice.model.ServicePolicy.ToPath;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@link ServicePolicy}; {@link MatchReader} reads the match of a rule. */
final class ServicePolicyReader {
    private static final ValueType<AppliedTo> PLACE_TEXT = Types.checked(
            "node/interface, router/interfaceName or interface, where interface is a Port or a Linux interface",
            "is not a place where rules can apply",
            JsonSchema.text(
                    "(" + Checks.NAME_PATTERN + "/)?" + Types.INTERFACE_PATTERN + "{1," + Checks.NAME_LENGTH_MAX + "}"),
            ServicePolicyReader::place);
    private static final Field<Optional<AppliedTo>> PLACE = Field.optional(
            "interface", PLACE_TEXT, "The place, written like the short form. Exactly one of interface and profile.");
    private static final Field<Optional<String>> PLACE_PROFILE = Field.optional(
            "profile",
            Types.reference(Kind.PORT_PROFILE),
            "All ports that have this profile, on whatever host, discovered ones included.");
    private static final Field<Optional<Direction>> PLACE_DIRECTION = Field.optional(
            "direction", Types.word(Direction.class), "For this place, instead of what the policy says.");
    private static final ValueType<List<AppliedTo>> PLACES = Lists.of(
            Lists.either(PLACE_TEXT, ObjectType.of(ServicePolicyReader::place, PLACE, PLACE_PROFILE, PLACE_DIRECTION)),
            1,
            1024);

    private static final Pattern NUMBER = Pattern.compile("[2-9]|[1-9][0-9]{1,7}");
    private static final Field<Optional<String>> CHAIN =
            Field.optional("chain", Types.reference(Kind.SERVICE_CHAIN), "The flow passes this chain.");
    private static final Field<Optional<String>> PATH = Field.optional(
            "path",
            Types.checkedWord(
                    "name of a path such as chain[fw-1,ips-2], as in 'sluice paths', or one of its identifiers, 2..16777215",
                    JsonSchema.either(JsonSchema.integer(2, PathNames.IDENTIFIER_MAX), Map.of("type", "string")),
                    _ -> "is not a path",
                    ServicePolicyReader::path),
            "The flow takes this path of a chain and no other: if a node of it is dead, the failure action holds.");
    private static final Field<Boolean> NO_SERVICE =
            Field.defaulted("noService", Types.BOOLEAN, false, "false", "true: the flow goes on without service.");
    private static final Field<Boolean> DROP =
            Field.defaulted("drop", Types.BOOLEAN, false, "false", "true: the flow is dropped.");
    private static final Field<Boolean> OBSERVE = Field.defaulted(
            "observe",
            Types.BOOLEAN,
            false,
            "false",
            "true: the rule only counts, and logs if it says so; the next rule that matches decides.");

    private static final Field<String> NAME = Field.required("name", Types.NAME, "Unique in the policy.");
    private static final Field<Optional<Integer>> RULE_PRIORITY = Field.optional(
            "priority",
            Types.integer(0, 65_535),
            "Higher first. Rules without one come after all rules that have one, in the order of listing.");
    private static final Field<Match> MATCH = Field.defaulted(
            "match", MatchReader.MATCH, Match.ANY, "every packet", "Which packets; all fields given have to fit.");
    private static final Field<RuleAction> ACTION = Field.required(
            "action",
            ObjectType.of(ServicePolicyReader::action, CHAIN, PATH, NO_SERVICE, DROP, OBSERVE),
            "What happens to the flow: exactly one of chain, path, noService, drop, observe.");
    private static final Field<Optional<FailureAction>> ON_FAILURE = Field.optional(
            "onFailure", Types.word(FailureAction.class), "For this rule, instead of what chain and hops say.");
    private static final Field<Boolean> BOTH_DIRECTIONS = Field.defaulted(
            "bothDirections", Types.BOOLEAN, true, "true", "false: the reverse direction of the flow gets no record.");
    private static final Field<Optional<List<AppliedTo>>> RULE_APPLIED_TO =
            Field.optional("appliedTo", PLACES, "Where this rule applies, instead of what the policy says.");
    private static final Field<Boolean> LOG = Field.defaulted(
            "log",
            Types.BOOLEAN,
            false,
            "false",
            "true: the first packet of each flow that the rule decides is logged, at most 10 lines per second and rule.");
    private static final ObjectType<Rule> RULE = ObjectType.of(
            ServicePolicyReader::rule,
            NAME,
            RULE_PRIORITY,
            MATCH,
            ACTION,
            ON_FAILURE,
            BOTH_DIRECTIONS,
            RULE_APPLIED_TO,
            LOG);

    private static final Field<Integer> PRIORITY = Field.defaulted(
            "priority", Types.integer(0, 65_535), 1000, "1000", "Policies with a higher one are asked first.");
    private static final Field<Optional<List<AppliedTo>>> APPLIED_TO =
            Field.optional("appliedTo", PLACES, "Where the rules apply. Required unless every rule has its own.");
    private static final Field<Direction> DIRECTION = Field.defaulted(
            "direction", Types.word(Direction.class), Direction.BOTH, "Which packets of those places are classified.");
    private static final Field<List<Rule>> RULES = Field.required("rules", Lists.of(RULE, 1, 100_000), "The rules.");

    static final ObjectType<Spec> SPEC =
            ObjectType.of(ServicePolicyReader::spec, PRIORITY, APPLIED_TO, DIRECTION, RULES);

    private ServicePolicyReader() {}

    private static Optional<AppliedTo> place(String text) {
        int slash = text.indexOf('/');
        String scope = slash < 0 ? "" : text.substring(0, slash);
        String name = text.substring(slash + 1);
        boolean sound = (slash < 0 || Checks.isName(scope)) && (Checks.isName(name) || Checks.isInterfaceName(name));
        return sound
                ? Optional.of(new AppliedTo(slash < 0 ? Optional.empty() : Optional.of(scope), name, Optional.empty()))
                : Optional.empty();
    }

    private static @Nullable AppliedTo place(Values v) {
        Optional<AppliedTo> place = v.get(PLACE);
        Optional<String> profile = v.get(PLACE_PROFILE);
        if (place.isPresent() == profile.isPresent()) {
            String message = place.isPresent() ? "has interface and profile" : "has neither interface nor profile";
            return v.refuse("", message, "exactly one of interface and profile");
        }
        Optional<Direction> direction = v.get(PLACE_DIRECTION);
        return place.map(at -> new AppliedTo(at.scope(), at.interfaceName(), direction))
                .orElseGet(() -> AppliedTo.ofProfile(profile.orElseThrow(), direction));
    }

    private static Optional<String> path(String text) {
        boolean number = NUMBER.matcher(text).matches() && Integer.parseInt(text) <= PathNames.IDENTIFIER_MAX;
        return number || PathNames.isName(text) ? Optional.of(text) : Optional.empty();
    }

    private static @Nullable RuleAction action(Values v) {
        Optional<String> chain = v.get(CHAIN);
        Optional<String> path = v.get(PATH);
        int given = (chain.isPresent() ? 1 : 0)
                + (path.isPresent() ? 1 : 0)
                + (v.get(NO_SERVICE) ? 1 : 0)
                + (v.get(DROP) ? 1 : 0)
                + (v.get(OBSERVE) ? 1 : 0);
        if (given != 1) {
            return v.refuse(
                    "",
                    "says " + given + " things",
                    "exactly one of chain: NAME, path: NAME, noService: true, drop: true, observe: true");
        }
        if (chain.isPresent()) {
            return new ToChain(chain.get());
        }
        if (path.isPresent()) {
            return new ToPath(path.get());
        }
        if (v.get(OBSERVE)) {
            return new Observe();
        }
        return v.get(DROP) ? new Drop() : new NoService();
    }

    private static @Nullable Rule rule(Values v) {
        if (v.get(ACTION) instanceof Observe && v.get(ON_FAILURE).isPresent()) {
            return v.refuse("onFailure", "means nothing for a rule that only observes; leave it out", "no onFailure");
        }
        return new Rule(
                v.get(NAME),
                v.number(RULE_PRIORITY),
                v.get(MATCH),
                v.get(ACTION),
                v.get(ON_FAILURE),
                v.get(BOTH_DIRECTIONS),
                v.get(RULE_APPLIED_TO).orElse(List.of()),
                v.get(LOG));
    }

    private static @Nullable Spec spec(Values v) {
        List<Rule> rules = v.get(RULES);
        Map<String, Integer> first = new HashMap<>();
        boolean sound = true;
        for (int i = 0; i < rules.size(); i++) {
            Integer earlier = first.putIfAbsent(rules.get(i).name(), i);
            if (earlier != null) {
                v.refuse("rules[" + i + "].name", "duplicate rule name; rules[" + earlier + "] has it", "unique names");
                sound = false;
            }
            if (v.get(APPLIED_TO).isEmpty() && rules.get(i).appliedTo().isEmpty()) {
                String message = "applies nowhere; give the rule or the policy an appliedTo";
                v.refuse("rules[" + i + "].appliedTo", message, PLACES.allowed());
                sound = false;
            }
        }
        List<AppliedTo> places = v.get(APPLIED_TO).orElse(List.of());
        return sound ? new Spec(v.get(PRIORITY), places, v.get(DIRECTION), rules) : null;
    }
}
