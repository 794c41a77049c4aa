package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.ServiceChain.Hop;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Service profiles as users write them, and the chains that name them (V16). */
class ServiceProfileTest {
    private static final String SERVICES = """
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: tap}, spec: {transport: raw, action: copy}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, interfaces: {in: i, out: o}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: tap-1}, spec: {service: tap, interfaces: {in: t}}}
            """;

    private static String object(String kind, String name, String spec) {
        return "---\n{apiVersion: sluice.dev/v1, kind: " + kind + ", metadata: {name: " + name + "}, spec: {" + spec
                + "}}\n";
    }

    private static String profile(String name, String spec) {
        return object("ServiceProfile", name, spec);
    }

    private static String chain(String spec) {
        return object("ServiceChain", "c", spec);
    }

    private static List<String> problems(String yaml) {
        return ConfigurationLoader.parse("f", SERVICES + yaml).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    private static ServiceChain.Spec chainOf(String yaml) {
        return Samples.sound(SERVICES + yaml).chain("c").orElseThrow().spec();
    }

    @Test
    void hopThatNamesAProfileDoesWhatTheProfileSays() {
        String record = profile("record", "service: firewall, action: copy, onFailure: open");
        Configuration all = Samples.sound(SERVICES + record + chain("profiles: [record, tap]"));
        ServiceChain.Spec chain = all.chain("c").orElseThrow().spec();
        assertThat(chain.services()).containsExactly("firewall", "tap");
        assertThat(chain.hops())
                .containsExactly(
                        new Hop(
                                "firewall",
                                Optional.of("record"),
                                Optional.of(FailureAction.OPEN),
                                Optional.of(ServiceAction.COPY)),
                        Hop.named("tap", Optional.empty(), Optional.empty()));
        assertThat(chain.hops()).allMatch(hop -> all.action(hop) == ServiceAction.COPY);
        // The same for a node's part, whatever stands first in the file.
        assertThat(Samples.sound(chain("profiles: [record, tap]") + "---\n" + SERVICES + record)
                        .forNode("any")
                        .chain("c")
                        .orElseThrow()
                        .spec())
                .isEqualTo(chain);
    }

    @Test
    void hopOverridesItsProfileAndTheProfileOverridesServiceAndChain() {
        String strict = profile("strict", "service: tap, action: forward, onFailure: closed");
        assertThat(chainOf(strict + chain("profiles: [{profile: strict, onFailure: open, action: copy}]"))
                        .hops()
                        .getFirst())
                .isEqualTo(new Hop(
                        "tap",
                        Optional.of("strict"),
                        Optional.of(FailureAction.OPEN),
                        Optional.of(ServiceAction.COPY)));
        Configuration plain = Samples.sound(
                SERVICES + profile("plain", "service: tap") + chain("profiles: [plain], onFailure: open"));
        Hop hop = plain.chain("c").orElseThrow().spec().hops().getFirst();
        assertThat(hop.onFailure()).isEmpty();
        assertThat(plain.action(hop)).isEqualTo(ServiceAction.COPY);
    }

    @Test
    void servicesAreTheirOwnDefaultProfile() {
        for (String hop : List.of("firewall", "{service: firewall}", "{profile: firewall}")) {
            assertThat(chainOf(profile("other", "service: firewall, action: copy") + chain("profiles: [" + hop + "]"))
                            .hops())
                    .as(hop)
                    .containsExactly(Hop.named("firewall", Optional.empty(), Optional.empty()));
        }
    }

    @Test
    void eachDirectionMayUseAServiceInAProfileOfItsOwn() {
        ServiceChain.Spec chain = chainOf(profile("in", "service: firewall")
                + profile("back", "service: firewall, action: copy")
                + chain("profiles: [in, tap], reverse: [tap, back]"));
        assertThat(chain.services()).containsExactly("firewall", "tap");
        assertThat(chain.places()).hasSize(3);
        assertThat(problems(profile("in", "service: firewall") + chain("profiles: [firewall, tap, in]")))
                .singleElement()
                .asString()
                .contains("ServiceChain/c spec.profiles[2]: leads to Service/firewall, which the list has already")
                .contains("each service once, itself or by one of its profiles");
    }

    @Test
    void nameThatIsAServicesTooIsRefused() {
        assertThat(problems(profile("tap", "service: firewall") + chain("profiles: [tap]")))
                .singleElement()
                .asString()
                .contains(
                        "ServiceProfile/tap metadata.name: is the name of Service/tap too",
                        "a name that no Service has");
    }

    @Test
    void namesOfNothingAreRefusedWithWhatThereIs() {
        assertThat(problems(profile("strict", "service: firewal")))
                .singleElement()
                .asString()
                .contains("spec.service: there is no Service of that name; did you mean 'firewall'?");
        assertThat(problems(profile("strict", "service: firewall") + chain("profiles: [strickt]")))
                .singleElement()
                .asString()
                .contains(
                        "spec.profiles[0]: there is no Service or ServiceProfile of that name; did you mean 'strict'?")
                .contains("firewall, tap, strict");
        assertThat(problems(profile("strict", "service: firewall")
                        + chain("profiles: [{service: strict}, {onFailure: open}, {service: tap, profile: strict}]")))
                .hasSize(3)
                .anyMatch(text -> text.contains("spec.profiles[0].service: there is no Service of that name"))
                .anyMatch(text -> text.contains("spec.profiles[1].service: is missing"))
                .anyMatch(text -> text.contains("spec.profiles[2].profile: stands beside service"));
    }

    private static final String TEMPLATE = object(
            "VendorTemplate",
            "acme",
            "service: firewall, actions: [copy, forward], parameters: [{name: mode, values: [strict, lax], default: lax}, "
                    + "{name: sample, type: integer, min: 1, max: 100}, {name: log, type: boolean, default: false}]");

    @Test
    void templateGivesServiceDefaultsAndTheUsualAction() {
        Configuration all = Samples.sound(SERVICES
                + TEMPLATE
                + profile("p", "template: acme, parameters: {sample: 7, log: true}")
                + chain("profiles: [p]"));
        ServiceProfile.Spec read =
                ((ServiceProfile) all.find(Kind.SERVICE_PROFILE, "p").orElseThrow()).spec();
        assertThat(read.service()).contains("firewall");
        assertThat(read.parameters())
                .containsExactlyInAnyOrderEntriesOf(Map.of("mode", "lax", "sample", "7", "log", "true"));
        Hop hop = all.chain("c").orElseThrow().spec().hops().getFirst();
        assertThat(hop.service()).isEqualTo("firewall");
        assertThat(all.action(hop)).isEqualTo(ServiceAction.COPY);
        assertThat(all.forNode("any").chain("c").orElseThrow().spec().hops()).containsExactly(hop);
    }

    @Test
    void profilesSayOnlyWhatTheirTemplateAllows() {
        assertThat(problems(TEMPLATE
                        + profile("p", "template: acme, parameters: {mode: off, sampel: 7, sample: 101, log: 1}")))
                .hasSize(4)
                .anyMatch(
                        text -> text.contains(
                                "spec.parameters.mode: is no value that VendorTemplate/acme allows (found 'off'; allowed: strict, lax)"))
                .anyMatch(
                        text -> text.contains(
                                "spec.parameters.sampel: is no parameter of VendorTemplate/acme; did you mean 'sample'? (found '7'; allowed: mode, sample, log)"))
                .anyMatch(text ->
                        text.contains("spec.parameters.sample:") && text.contains("allowed: whole number 1..100"))
                .anyMatch(text -> text.contains("spec.parameters.log:") && text.contains("allowed: true, false"));
        assertThat(problems(TEMPLATE + profile("p", "template: acme")))
                .singleElement()
                .asString()
                .contains("spec.parameters: lacks sample, for which VendorTemplate/acme has no default")
                .contains("sample: whole number 1..100");
        String copyOnly = object("VendorTemplate", "tap-only", "service: tap, actions: copy");
        assertThat(problems(copyOnly
                        + profile("p", "template: tap-only, action: forward")
                        + profile("q", "template: tap-only")
                        + chain("profiles: [{profile: q, action: forward}]")))
                .hasSize(2)
                .anyMatch(
                        text -> text.contains(
                                "ServiceProfile/p spec.action: is forward, which VendorTemplate/tap-only does not have (found 'forward'; allowed: copy)"))
                .anyMatch(text -> text.contains("ServiceChain/c spec.profiles[0].action: is forward"));
        assertThat(problems(TEMPLATE
                        + profile("p", "template: acne")
                        + profile("q", "onFailure: open")
                        + profile("r", "service: tap, template: acme, parameters: {sample: 1}")))
                .hasSize(3)
                .anyMatch(text ->
                        text.contains("spec.template: there is no VendorTemplate of that name; did you mean 'acme'?"))
                .anyMatch(text -> text.contains("ServiceProfile/q spec.service: is missing"))
                .anyMatch(text -> text.contains("ServiceProfile/r spec.template: stands beside service"));
    }

    @Test
    void asManyWrongParametersAsAllowedBesideAsManyDefaultsAreProblems() {
        StringBuilder defaults = new StringBuilder("service: tap, parameters: [");
        StringBuilder wrong = new StringBuilder("template: t, parameters: {");
        for (int i = 0; i < ServiceProfile.PARAMETERS_MAX; i++) {
            defaults.append(i == 0 ? "" : ", ").append("{name: d").append(i).append(", default: x}");
            wrong.append(i == 0 ? "" : ", ").append('w').append(i).append(": y");
        }
        assertThat(problems(object("VendorTemplate", "t", defaults + "]") + profile("p", wrong + "}")))
                .hasSize(ServiceProfile.PARAMETERS_MAX)
                .allMatch(text -> text.contains("is no parameter of VendorTemplate/t"));
    }

    @Test
    void templatesWithParametersThatCannotBeAreRefused() {
        for (String[] wrong : new String[][] {
            {"{name: a}, {name: a}", "spec.parameters[1].name: is a parameter already"},
            {"{name: a, min: 1}", "spec.parameters[0].min: stands without type: integer"},
            {"{name: a, type: integer, min: 3, max: 2}", "spec.parameters[0].max: is less than min"},
            {"{name: a, type: integer, values: [1, two]}", "spec.parameters[0].values[1]: is no value of its type"},
            {"{name: a, type: integer, max: 2, default: 3}", "spec.parameters[0].default: is no value of the parameter"
            },
            {"{name: a, values: [b], default: c}", "spec.parameters[0].default: is no value of the parameter"},
            {"{name: a, type: boolean, default: yes}", "spec.parameters[0].default: is no value of the parameter"},
            {"{name: a, type: float}", "spec.parameters[0].type: is not one of the known words"},
            {"{type: text}", "spec.parameters[0].name: is missing"},
        }) {
            assertThat(problems(object("VendorTemplate", "t", "service: tap, parameters: [" + wrong[0] + "]")))
                    .as(wrong[0])
                    .singleElement()
                    .asString()
                    .contains(wrong[1]);
        }
        assertThat(problems(object("VendorTemplate", "t", "service: tap, actions: [copy, copy]")))
                .singleElement()
                .asString()
                .contains("spec.actions: has an action twice");
        assertThat(problems(object("VendorTemplate", "t", "service: tip")))
                .singleElement()
                .asString()
                .contains("there is no Service of that name; did you mean 'tap'?");
    }

    @Test
    void parametersAreSingleValuesAndNotTooMany() {
        ServiceProfile read = (ServiceProfile)
                ReadObject.read(profile("p", "service: tap, parameters: {level: 3, on: true, text: \"0x10\"}"))
                        .orElseThrow()
                        .resource();
        assertThat(read.spec().parameters())
                .containsExactlyInAnyOrderEntriesOf(Map.of("level", "3", "on", "true", "text", "0x10"));
        assertThat(problems(profile(
                        "p",
                        "service: tap, parameters: {1a: x, b: [1], c: ~, d: {e: f}, g: 1, g: 2, h: \""
                                + "x".repeat(1_025) + "\"}")))
                .hasSize(6)
                .anyMatch(text -> text.contains("'1a'") && text.contains("is not the name of a parameter"))
                .anyMatch(text -> text.contains("spec.parameters.b: is a list"))
                .anyMatch(text -> text.contains("spec.parameters.c: has no value"))
                .anyMatch(text -> text.contains("spec.parameters.d: is an object"))
                .anyMatch(text -> text.contains("spec.parameters.g: duplicate field"))
                .anyMatch(text -> text.contains("spec.parameters.h: is too long"));
        StringBuilder many = new StringBuilder("service: tap, parameters: {p0: 0");
        for (int i = 1; i <= ServiceProfile.PARAMETERS_MAX; i++) {
            many.append(", p").append(i).append(": ").append(i);
        }
        assertThat(problems(profile("p", many + "}")))
                .singleElement()
                .asString()
                .contains("spec.parameters: has 65 parameters", "at most 64");
        assertThat(problems(profile("p", "service: tap, parameters: all, action: drop, onFailure: maybe")))
                .hasSize(3);
    }
}
