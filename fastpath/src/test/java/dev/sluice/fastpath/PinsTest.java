package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.ports.PortException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that cannot be removed: here directories with something in them. */
class PinsTest {
    private static final String LINK_OF_LEFT = "link-1-6c656674";
    private static final String XDP_LINK_OF_LEFT = "xdp-1-6c656674";
    private static final String LINK_OF_RIGHT = "link-2-7269676874";

    @TempDir
    private Path directory = Path.of("");

    private void immovable(String name) throws IOException {
        Files.createDirectories(directory.resolve(name).resolve("something"));
    }

    private void file(String name) throws IOException {
        Files.createFile(directory.resolve(name));
    }

    @Test
    void linkThatStaysIsToldAndTheOthersGo() throws Exception {
        immovable(LINK_OF_LEFT);
        file(XDP_LINK_OF_LEFT);
        file(LINK_OF_RIGHT);
        assertThatExceptionOfType(PortException.class)
                .isThrownBy(() -> new Pins(directory).forgetLinksOf("left"))
                .withMessage("fast path: what has to go cannot be removed: " + directory.resolve(LINK_OF_LEFT)
                        + " (DirectoryNotEmptyException); as root: rm -r");
        assertThat(directory.resolve(XDP_LINK_OF_LEFT)).doesNotExist();
        assertThat(directory.resolve(LINK_OF_RIGHT)).exists();
        assertThat(new Pins(directory).forgetLinksOf("right")).isTrue();
        assertThat(new Pins(directory).forgetLinksOf("right")).isFalse();
    }

    @Test
    @Tag("system")
    void whatIsStrangeAndStaysIsNotSaidToBeRemoved() throws Exception {
        Libbpf bpf = Libbpf.get();
        file("other");
        assertThat(new Pins(directory).removeStrange(bpf)).containsExactly("other");
        file("other");
        immovable("strange");
        assertThatExceptionOfType(PortException.class)
                .isThrownBy(() -> new Pins(directory).removeStrange(bpf))
                .withMessageContaining(directory.resolve("strange") + " (DirectoryNotEmptyException)");
        assertThat(directory.resolve("other")).doesNotExist();
    }

    /** The right form, of which nothing can be read: no version that could be gone on with. */
    @Test
    @Tag("system")
    void versionThatCannotBeReadIsNone() throws Exception {
        Map<String, String> said =
                Map.of("map_type", "2", "key_size", "4", "value_size", Integer.toString(KernelMaps.GLOBALS_BYTES));
        int noDescriptor = -1;
        assertThat(PinExamination.layoutVersion(Libbpf.get(), noDescriptor, said))
                .isZero();
        assertThat(PinExamination.layoutVersion(Libbpf.get(), noDescriptor, Map.of()))
                .isNegative();
    }
}
