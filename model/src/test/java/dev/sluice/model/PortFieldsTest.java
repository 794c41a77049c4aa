package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What ports may say of their driver and of the fast path. */
class PortFieldsTest {
    private static LoadResult load(String fields) {
        return ConfigurationLoader.parse(
                "test.yaml",
                "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up}, spec: {interface: eth0, " + fields
                        + "}}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "driver: tap, fastPath: tc|tc|auto, off",
                "driver: tap, fastPath: xdp|xdp|auto, off",
                "driver: af_xdp, fastPath: tc|tc|auto, off, xdp",
                "driver: af_xdp, xdpMode: generic, fastPath: xdp|xdp|auto, off"
            })
    void fastPathThatTheDriverLeavesNoRoomForIsRefused(String fields, String found, String allowed) {
        LoadResult result = load(fields);
        assertThat(result.configuration()).isEmpty();
        assertThat(result.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.object()).isEqualTo("Port/up");
            assertThat(problem.field()).isEqualTo("spec.fastPath");
            assertThat(problem.message()).contains("driver: ").contains("leave it out, or ");
            assertThat(problem.found()).isEqualTo("'" + found + "'");
            assertThat(problem.allowed()).isEqualTo(allowed);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "driver: tap",
                "driver: tap, fastPath: off",
                "driver: tap, fastPath: auto",
                "driver: af_xdp",
                "driver: af_xdp, fastPath: xdp",
                "driver: af_xdp, xdpMode: native, fastPath: xdp",
                "driver: af_xdp, xdpMode: generic, fastPath: auto",
                "driver: af_packet, fastPath: tc",
                "driver: af_packet, fastPath: xdp",
                "fastPath: xdp"
            })
    void whatFitsIsTaken(String fields) {
        assertThat(load(fields).problems()).isEmpty();
    }

    @Test
    void whatIsNoWordIsSaidOnce() {
        assertThat(load("driver: tap, fastPath: fast").problems()).hasSize(1);
    }
}
