package dev.sluice.manager.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.manager.store.EtcdOptions.Member;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EtcdOptionsTest {
    private static EtcdOptions parse(String text) {
        return EtcdOptions.parse(text, "a", Optional.empty());
    }

    @Test
    void membersAndPrefixAreRead() {
        EtcdOptions options = parse("etcd://one.example:2379,[2001:db8::1]:2380/net/west");
        assertThat(options.members()).containsExactly(new Member("one.example", 2379), new Member("2001:db8::1", 2380));
        assertThat(options.prefix()).isEqualTo("net/west/");
        assertThat(options).hasToString("etcd://one.example:2379,[2001:db8::1]:2380");
        assertThat(parse("etcd://one:2379").prefix()).isEqualTo("sluice/");
        assertThat(parse("etcd://one:2379/").prefix()).isEqualTo("sluice/");
    }

    @Test
    void whatIsNoClusterIsRefusedWithWhatToWrite() {
        assertThatThrownBy(() -> parse("http://one:2379"))
                .hasMessage("http://one:2379 is no store; write etcd://HOST:PORT,HOST:PORT,HOST:PORT");
        assertThatThrownBy(() -> parse("etcd://")).hasMessageContaining("'' is not a host and a port");
        assertThatThrownBy(() -> parse("etcd://one")).hasMessageContaining("'one' is not a host and a port");
        assertThatThrownBy(() -> parse("etcd://one:0,two:1")).hasMessageContaining("'one:0' is not");
        assertThatThrownBy(() -> parse("etcd://one:65536")).hasMessageContaining("1..65535");
        assertThatThrownBy(() -> parse("etcd://one:1,,two:1")).hasMessageContaining("'' is not");
        assertThatThrownBy(() -> parse("etcd://one:1/a b")).hasMessageContaining("the prefix a b is not");
        assertThatThrownBy(() -> EtcdOptions.parse("etcd://one:1", "a b", Optional.empty()))
                .hasMessageContaining("the manager's name 'a b' is not");
    }
}
