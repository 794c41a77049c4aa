package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Service managers as users write them. */
class ServiceManagerTest {
    private static final String SERVICES = """
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: ips}, spec: {transport: raw}}
            """;
    private static final String PIN = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    private static String manager(String name, String spec) {
        return "---\n{apiVersion: sluice.dev/v1, kind: ServiceManager, metadata: {name: " + name + "}, spec: {" + spec
                + "}}\n";
    }

    private static List<String> problems(String yaml) {
        return ConfigurationLoader.parse("f", SERVICES + yaml).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    private static ServiceManager read(String spec) {
        return (ServiceManager)
                ReadObject.read(manager("acme", spec)).orElseThrow().resource();
    }

    @Test
    void oneThatAsksNeedsOnlyItsServices() {
        ServiceManager read = read("services: firewall");
        assertThat(read.spec().services()).containsExactly("firewall");
        assertThat(read.spec().callback()).isEmpty();
        assertThat(problems(manager("acme", "services: [firewall, ips], vendor: Acme, vendorId: fw/7")))
                .isEmpty();
    }

    @Test
    void oneThatIsCalledSaysWhereAndWhomToBelieve() {
        String pairs = PIN.toLowerCase(Locale.ROOT).replaceAll("(..)(?=.)", "$1:");
        for (String pin : List.of(PIN, pairs)) {
            ServiceManager.Callback callback =
                    read("services: ips, callback: {url: \"https://[2001:db8::1]:8443/a?b=c\", certificate: \"" + pin
                                    + "\"}")
                            .spec()
                            .callback()
                            .orElseThrow();
            assertThat(callback.certificate()).contains(PIN.toLowerCase(Locale.ROOT));
            assertThat(callback.timeoutNs()).isEqualTo(5_000_000_000L);
        }
        for (String url : List.of("http://127.0.0.1:8080/x", "http://[::1]/", "http://localhost:1")) {
            assertThat(problems(manager("acme", "services: ips, callback: {url: \"" + url + "\"}")))
                    .as(url)
                    .isEmpty();
        }
    }

    @Test
    void addressesThatWouldTellInTheClearOrNobodyAreRefused() {
        for (String url : List.of(
                "http://192.0.2.1/x",
                "http://localhost.example/",
                "ftp://127.0.0.1/",
                "https:///x",
                "https://user:secret@acme.example/",
                "https://acme.example/#part",
                "https://acme.example:70000/",
                "file:///etc/passwd",
                "acme.example",
                "https://acme.example/" + "x".repeat(2_000))) {
            assertThat(problems(manager("acme", "services: ips, callback: {url: \"" + url + "\"}")))
                    .as(url)
                    .singleElement()
                    .asString()
                    .contains("spec.callback.url", "is not an address that can be called back", "https://HOST");
        }
        assertThat(problems(manager(
                        "acme",
                        "services: ips, callback: {url: \"https://a.example\", certificate: abc, timeout: 1h}")))
                .hasSize(2)
                .anyMatch(text -> text.contains("is not the SHA-256 of a certificate"))
                .anyMatch(text -> text.contains("is out of range"));
    }

    @Test
    void everyServiceHasOneServiceManagerAtMost() {
        assertThat(problems(manager("acme", "services: [firewall, firewall]")))
                .singleElement()
                .asString()
                .contains("spec.services[1]", "is listed twice");
        assertThat(problems(manager("acme", "services: [firewall]") + manager("bolt", "services: [ips, firewall]")))
                .singleElement()
                .asString()
                .contains("ServiceManager/bolt", "spec.services[1]", "is managed by ServiceManager/acme already");
        assertThat(problems(manager("acme", "services: [firewal]")))
                .singleElement()
                .asString()
                .contains("there is no Service of that name; did you mean 'firewall'?");
        assertThat(problems(manager("acme", "services: []")))
                .singleElement()
                .asString()
                .contains("has 0 items");
    }
}
