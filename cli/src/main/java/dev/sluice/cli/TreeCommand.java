package dev.sluice.cli;

import dev.sluice.model.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code sluice tree}. */
@Command(
        name = "tree",
        description = {
            "Shows service chains with all that they are made of: rules that name them, services in their order, instances with their hosts and health, and service paths.",
            "Of objects that you may not read nothing is shown."
        })
final class TreeCommand extends ManagerRequest {
    @Parameters(arity = "0..*", paramLabel = "CHAIN", description = "Names of service chains (default: all).")
    private List<String> names = new ArrayList<>();

    @Override
    int ask(ManagerClient client) {
        List<Map<String, @Nullable Object>> chains = new ArrayList<>();
        if (names.isEmpty()) {
            chains.addAll(GetCommand.list(client, Kind.SERVICE_CHAIN, ""));
        }
        for (String name :
                KindWords.parse(spec, Kind.SERVICE_CHAIN.plural(), names).names()) {
            chains.add(client.get(ManagerClient.path(Kind.SERVICE_CHAIN, name)));
        }
        Map<Kind, List<Map<String, @Nullable Object>>> others = new LinkedHashMap<>();
        for (Kind kind : List.of(
                Kind.SERVICE_POLICY, Kind.SERVICE_PROFILE, Kind.SERVICE, Kind.SERVICE_INSTANCE, Kind.SERVICE_PATH)) {
            others.put(kind, readable(client, kind));
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("chains", chains);
        others.forEach((kind, objects) -> all.put(kind.plural(), objects));
        return print(all, text(chains, others));
    }

    private static List<Map<String, @Nullable Object>> readable(ManagerClient client, Kind kind) {
        try {
            return GetCommand.list(client, kind, "");
        } catch (ManagerClient.Refused e) {
            if (e.mayPass()) {
                throw e;
            }
            return List.of();
        }
    }

    /** A line of a tree, and those below it. */
    private record Branch(String text, List<Branch> below) {
        static Branch leaf(String text) {
            return new Branch(text, List.of());
        }

        void write(StringBuilder out, String indent) {
            for (int i = 0; i < below.size(); i++) {
                boolean last = i == below.size() - 1;
                out.append(indent)
                        .append(last ? "└─ " : "├─ ")
                        .append(below.get(i).text)
                        .append('\n');
                below.get(i).write(out, indent + (last ? "   " : "│  "));
            }
        }
    }

    static String text(
            List<Map<String, @Nullable Object>> chains, Map<Kind, List<Map<String, @Nullable Object>>> others) {
        StringBuilder text = new StringBuilder();
        for (Map<String, @Nullable Object> chain : chains) {
            Branch tree = chain(chain, others);
            text.append(tree.text()).append('\n');
            tree.write(text, "");
        }
        return text.isEmpty() ? "(there are no service chains)\n" : text.toString();
    }

    private static Branch chain(
            Map<String, @Nullable Object> chain, Map<Kind, List<Map<String, @Nullable Object>>> others) {
        String name = name(chain);
        List<Branch> below = new ArrayList<>();
        for (Map<String, @Nullable Object> policy : of(others, Kind.SERVICE_POLICY)) {
            String rules = Fields.objects(policy, "spec.rules").stream()
                    .filter(rule -> Fields.text(rule, "action.chain").equals(name))
                    .map(rule -> Fields.text(rule, "name"))
                    .collect(Collectors.joining(", "));
            if (!rules.isEmpty()) {
                below.add(Branch.leaf("rules " + rules + " of ServicePolicy/" + name(policy) + said(policy)));
            }
        }
        hops(chain, "spec.profiles", "", others, below);
        hops(chain, "spec.reverse", ", answers only", others, below);
        List<Branch> paths = of(others, Kind.SERVICE_PATH).stream()
                .filter(path -> Fields.text(path, "spec.chain").equals(name))
                .map(TreeCommand::path)
                .toList();
        if (!paths.isEmpty()) {
            below.add(new Branch(paths.size() == 1 ? "1 path" : paths.size() + " paths", paths));
        }
        return new Branch("ServiceChain/" + name + said(chain), below);
    }

    private static void hops(
            Map<String, @Nullable Object> chain,
            String field,
            String remark,
            Map<Kind, List<Map<String, @Nullable Object>>> others,
            List<Branch> below) {
        int number = 1;
        for (Object hop : Fields.list(chain, field)) {
            below.add(hop(number++, hop, remark, others));
        }
    }

    private static Branch hop(
            int number, @Nullable Object hop, String remark, Map<Kind, List<Map<String, @Nullable Object>>> others) {
        String named = hop instanceof String word ? word : Fields.text(hop, "service") + Fields.text(hop, "profile");
        Map<String, @Nullable Object> profile = find(of(others, Kind.SERVICE_PROFILE), named);
        String service = profile.isEmpty() ? named : Fields.text(profile, "spec.service");
        List<Map<String, @Nullable Object>> instances = of(others, Kind.SERVICE_INSTANCE).stream()
                .filter(instance -> Fields.text(instance, "spec.service").equals(service))
                .toList();
        long fit = instances.stream().filter(TreeCommand::isAlive).count();
        return new Branch(
                number + " " + (profile.isEmpty() ? "" : "ServiceProfile/" + named + " of ") + "Service/" + service
                        + said(find(of(others, Kind.SERVICE), service)) + ": " + fit + " of " + instances.size()
                        + " alive" + remark,
                instances.stream().map(TreeCommand::instance).toList());
    }

    private static Branch instance(Map<String, @Nullable Object> instance) {
        String node = Fields.text(instance, "spec.node");
        String state = Fields.text(instance, "spec.adminState");
        return Branch.leaf("ServiceInstance/" + name(instance) + (node.isEmpty() ? "" : " on " + node)
                + (state.isEmpty() || state.equals("up") ? "" : " (" + state + ")") + said(instance));
    }

    private static Branch path(Map<String, @Nullable Object> path) {
        String hops = Fields.objects(path, "spec.hops").stream()
                .map(hop -> Fields.text(hop, "instance") + "@" + Fields.text(hop, "node"))
                .collect(Collectors.joining(", "));
        return Branch.leaf(
                "ServicePath/" + name(path) + " " + Fields.text(path, "status.state") + ": " + hops + said(path));
    }

    private static boolean isAlive(Map<String, @Nullable Object> instance) {
        return Fields.objects(instance, "status.conditions").stream()
                .anyMatch(condition -> Fields.text(condition, "type").equals("Alive")
                        && Fields.text(condition, "status").equals("True"));
    }

    /** Conditions that do not hold, with what is said of them; else the state in a word. */
    private static String said(Map<String, @Nullable Object> object) {
        String bad = Fields.objects(object, "status.conditions").stream()
                .filter(condition -> !Fields.text(condition, "status").equals("True"))
                .map(condition -> (Fields.text(condition, "status").equals("False") ? "not " : "perhaps not ")
                        + Fields.text(condition, "type") + ": " + Fields.text(condition, "message"))
                .collect(Collectors.joining("; "));
        String word = ObjectTables.status(object);
        return bad.isEmpty() ? word.isEmpty() ? "" : "  " + word : "  " + bad;
    }

    private static List<Map<String, @Nullable Object>> of(
            Map<Kind, List<Map<String, @Nullable Object>>> others, Kind kind) {
        return others.getOrDefault(kind, List.of());
    }

    private static Map<String, @Nullable Object> find(List<Map<String, @Nullable Object>> objects, String name) {
        return objects.stream()
                .filter(object -> name(object).equals(name))
                .findFirst()
                .orElse(Map.of());
    }

    private static String name(Map<String, @Nullable Object> object) {
        return Fields.text(object, "metadata.name");
    }
}
