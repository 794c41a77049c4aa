package dev.sluice.cli.house;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The commands of a guide, block by block, and what it shows under them. */
public final class GuideBlocks {
    private GuideBlocks() {}

    /**
     * A block to type.
     *
     * @param commands as they stand there
     * @param shown lines of the block without a language that follows; none: nothing is shown
     */
    public record Block(String commands, List<String> shown) {}

    /** All {@code sh} blocks of a guide, in order. */
    public static List<Block> of(String guide) {
        List<Block> blocks = new ArrayList<>();
        String language = null;
        StringBuilder text = new StringBuilder();
        boolean behindCommands = false;
        for (String line : Tree.ours().text(Path.of("docs", "guides", guide)).split("\n", -1)) {
            if (line.startsWith("```")) {
                if (language == null) {
                    language = line.substring(3);
                    text.setLength(0);
                } else {
                    if (language.equals("sh")) {
                        blocks.add(new Block(text.toString(), List.of()));
                    } else if (language.isEmpty() && behindCommands) {
                        Block last = blocks.removeLast();
                        blocks.add(new Block(
                                last.commands(), text.toString().lines().toList()));
                    }
                    behindCommands = language.equals("sh");
                    language = null;
                }
            } else if (language != null) {
                text.append(line).append('\n');
            } else if (!line.isBlank()) {
                behindCommands = false;
            }
        }
        return blocks;
    }
}
