package dev.sluice.manager.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.IpPrefix;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallbackTargetsTest {
    private static CallbackTargets in(String network) {
        return CallbackTargets.in(List.of(IpPrefix.parse(network).orElseThrow()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.9.9.9",
                "localhost",
                "[::1]",
                "::ffff:127.0.0.1",
                "0.0.0.0",
                "[::]",
                "169.254.169.254",
                "[fe80::1]",
                "224.0.0.1",
                "[ff02::1]",
                "2130706433"
            })
    void whatIsReachedFromThisHostAloneIsRefused(String host) {
        assertThat(CallbackTargets.ELSEWHERE.refuses(host)).isPresent();
    }

    /** Whatever addresses the machine has on which this runs. */
    @Test
    void noAddressOfThisHostIsCalled() throws Exception {
        List<String> own = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .map(InetAddress::getHostAddress)
                .toList();
        assertThat(own)
                .isNotEmpty()
                .allSatisfy(address ->
                        assertThat(CallbackTargets.ELSEWHERE.refuses(address)).isPresent());
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.77", "[2001:db8::77]"})
    void othersAreCalled(String host) {
        assertThat(CallbackTargets.ELSEWHERE.refuses(host)).isEmpty();
    }

    @Test
    void whereNetworksAreSaidTheyAreAllThatIsCalled() {
        assertThat(CallbackTargets.in(List.of())).isSameAs(CallbackTargets.ELSEWHERE);
        assertThat(in("127.0.0.0/8").refuses("127.0.0.1")).isEmpty();
        assertThat(in("fe80::/10").refuses("[fe80::1]")).isEmpty();
        assertThat(in("127.0.0.0/8").refuses("192.0.2.77"))
                .isEqualTo(Optional.of(
                        "192.0.2.77 is in none of the networks of --callback-networks; start the manager with"
                                + " --callback-networks and a network that has it, if it is to be called"));
    }
}
