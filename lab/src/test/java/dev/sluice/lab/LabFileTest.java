package dev.sluice.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LabFileTest {
    private static final String GOOD = """
            lab: small
            hosts:
              a:
                forwarding: true
                interfaces:
                  eth0: {addresses: [10.0.0.1/24, "fd00::1/64"], mac: 02:00:00:00:00:01}
                routes: [{to: default, via: 10.0.0.2}]
                sysctls: {net.ipv4.conf.all.arp_ignore: 1}
                run: {watch: [sleep, "5"]}
              b:
                node: {kind: matcher, in: x, out: y, forbid: [bad]}
              c: {http: 8080}
            wires:
              - {ends: [a/eth0, b/x], mtu: 9000, offloads: false}
              - {ends: [b/y, c/eth0], impair: {loss: 0.25, delayMs: 3, seed: 9}}
            """;

    @Test
    void readsAllThatTheGuideDescribes() {
        LabFile file = LabFile.parse("small.yaml", GOOD);
        assertThat(file.name()).isEqualTo("small");
        assertThat(file.hosts()).extracting(LabFile.Host::name).containsExactly("a", "b", "c");
        LabFile.Host a = file.hosts().get(0);
        assertThat(a.forwarding()).isTrue();
        assertThat(a.interfaces().get("eth0"))
                .isEqualTo(new LabFile.InterfaceLine(
                        List.of("10.0.0.1/24", "fd00::1/64"), Optional.of("02:00:00:00:00:01")));
        assertThat(a.routes()).containsExactly(new LabFile.RouteLine("default", "10.0.0.2"));
        assertThat(a.programs()).containsEntry("watch", List.of("sleep", "5"));
        assertThat(file.hosts().get(1).node())
                .contains(new LabFile.NodeLine(
                        LabFile.NodeKind.MATCHER, "x", "y", Optional.empty(), List.of(), List.of("bad")));
        assertThat(file.hosts().get(2).httpPort()).contains(8_080);
        assertThat(file.wires().get(0).mtuBytes()).isEqualTo(9_000);
        assertThat(file.wires().get(0).offloads()).isFalse();
        ImpairmentRelay.Settings impairment = file.wires().get(1).impairment().orElseThrow();
        assertThat(impairment.lossRate()).isEqualTo(0.25);
        assertThat(impairment.delay()).isEqualTo(Duration.ofMillis(3));
    }

    @Test
    void exampleIsValid() {
        assertThat(LabFile.read(Path.of("examples", "two-hosts.yaml")).hosts()).hasSize(3);
    }

    @Test
    void namesFileLineFieldAndWhatIsAllowedForEveryMistakeAtOnce() {
        String text = """
                lab: small
                hosts:
                  a:
                    color: red
                    interfaces:
                      eth0: {addresses: [10.0.0.300/24]}
                    node: {kind: toaster, in: eth0, out: eth9}
                wires:
                  - ends: [a/eth0, b/eth0]
                    mtu: 12
                  - ends: [a/eth0]
                """;
        assertThatThrownBy(() -> LabFile.parse("bad.yaml", text))
                .isInstanceOf(LabException.class)
                .hasMessageContaining(
                        "bad.yaml:4: hosts.a.color is unknown; allowed here: forwarding, http, interfaces")
                .hasMessageContaining(
                        "bad.yaml:6: hosts.a.interfaces.eth0.addresses[0] is '10.0.0.300/24'; allowed: an address")
                .hasMessageContaining(
                        "bad.yaml:7: hosts.a.node.kind is 'toaster'; allowed: bridge-firewall, routing-firewall")
                .hasMessageContaining("bad.yaml:10: wires[0].mtu is '12'; allowed: a whole number 68..65535")
                .hasMessageContaining("bad.yaml:9: wires[0] names host 'b', which is not among hosts: a")
                .hasMessageContaining("bad.yaml:11: wires[1].ends must have two ends")
                .hasMessageContaining("uses end 'a/eth0', which another wire uses already")
                .hasMessageContaining("node.out: interface 'eth9' is on no wire of this host");
    }

    @Test
    void refusesWhatIsNoYamlEmptyOrTwiceThere() {
        assertThatThrownBy(() -> LabFile.parse("x.yaml", "a: [")).hasMessageContaining("x.yaml is not YAML");
        assertThatThrownBy(() -> LabFile.parse("x.yaml", "")).hasMessageContaining("x.yaml:1: the file is empty");
        assertThatThrownBy(() -> LabFile.parse("x.yaml", "- 1"))
                .hasMessageContaining("x.yaml:1: the file must be a mapping");
        assertThatThrownBy(() -> LabFile.parse("x.yaml", "lab: a\nhosts:\n  h: {}\n  h: {}\n"))
                .hasMessageContaining("x.yaml:4: hosts.h is there twice");
        assertThatThrownBy(() -> LabFile.parse("x.yaml", "hosts: {}")).hasMessageContaining("x.yaml:1: lab is missing");
    }

    @Test
    void everyTruncationIsReadOrRefusedWithAMessage() {
        for (int length = 0; length < GOOD.length(); length++) {
            String text = GOOD.substring(0, length);
            try {
                LabFile.parse("cut.yaml", text);
            } catch (LabException e) {
                assertThat(e).hasMessageContaining("cut.yaml");
            }
        }
    }

    @Test
    void labNamesTellTheirOwner() {
        LabName name = new LabName(123_456, 40);
        assertThat(LabName.in(name.of("client-1"))).contains(name);
        assertThat(LabName.in("somebody-elses")).isEmpty();
        assertThat(LabName.in("slx-1")).isEmpty();
        assertThatThrownBy(() -> LabName.checkPart("a/b")).hasMessageContaining("'a/b' cannot name a host");
    }
}
