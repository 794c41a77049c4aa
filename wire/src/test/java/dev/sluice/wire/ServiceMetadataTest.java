package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The order in which Sluice writes its context headers is read in one step, any other order header by header; what is read is the same. */
class ServiceMetadataTest {
    private static final List<NshContextHeader> USUAL = List.of(
            NshContextHeader.of32(NshContext.TENANT, 77),
            NshContextHeader.of32(NshContext.INGRESS_NODE, 0x8000_0001),
            NshContextHeader.of64(NshContext.FLOW_ID, 0x0123_4567_89ab_cdefL),
            NshContextHeader.sluice(SluiceContext.REVERSE | SluiceContext.COPY, 5, 0x0200_0007, 99));

    private static ServiceMetadata read(List<NshContextHeader> contexts) {
        NshHeader header = new NshHeader(false, 63, Nsh.NEXT_ETHERNET, 100, 255, new NshHeader.Variable(contexts));
        MemorySegment bytes = MemorySegment.ofArray(new byte[header.headerBytes()]);
        header.write(bytes, 0);
        ServiceMetadata metadata = new ServiceMetadata();
        assertThat(metadata.read(bytes, 0)).isEqualTo(contexts.size());
        return metadata;
    }

    @Test
    void anyOrderSaysTheSame() {
        ServiceMetadata usual = read(USUAL);
        assertThat(usual.present())
                .isEqualTo(ServiceMetadata.TENANT
                        | ServiceMetadata.INGRESS_NODE
                        | ServiceMetadata.FLOW_ID
                        | ServiceMetadata.SLUICE);
        assertThat(usual.tenant()).isEqualTo(77);
        assertThat(usual.ingressNode()).isEqualTo(0x8000_0001L);
        assertThat(usual.flowId()).isEqualTo(0x0123_4567_89ab_cdefL);
        List<NshContextHeader> order = new ArrayList<>(USUAL);
        for (int seed = 0; seed < 100; seed++) {
            Collections.shuffle(order, new Random(seed));
            ServiceMetadata other = read(order);
            assertThat(List.of(other.present(), other.unknown(), other.flags(), other.chainTag(), other.programTag()))
                    .isEqualTo(List.of(
                            usual.present(), usual.unknown(), usual.flags(), usual.chainTag(), usual.programTag()));
            assertThat(List.of(other.tenant(), other.ingressNode(), other.flowId(), other.traceId()))
                    .isEqualTo(List.of(usual.tenant(), usual.ingressNode(), usual.flowId(), usual.traceId()));
        }
    }

    @Test
    void headerOfUsualLengthWithOthersInItIsWalked() {
        List<NshContextHeader> others = new ArrayList<>(USUAL);
        others.set(0, NshContextHeader.of32(NshContext.POLICY_ID, 3));
        ServiceMetadata metadata = read(others);
        assertThat(metadata.has(ServiceMetadata.TENANT)).isFalse();
        assertThat(metadata.policyId()).isEqualTo(3);
    }
}
