package dev.sluice.cli.house;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Links of Markdown pages, as far as the tree can answer for them. */
public final class Markdown {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^()\\s]+)\\)");
    private static final Pattern ELSEWHERE = Pattern.compile("^[a-z][a-z0-9+.-]*:.*");
    private static final Pattern HEADING = Pattern.compile("^#{1,6}\\s+(.*?)\\s*#*$");

    private Markdown() {}

    /** Relative links and anchors that lead nowhere: {@code PAGE: LINK}. */
    static List<String> brokenLinks(Tree tree) {
        List<String> broken = new ArrayList<>();
        for (Path page : tree.files(file -> file.toString().endsWith(".md"))) {
            Matcher link = LINK.matcher(prose(tree.text(page)));
            while (link.find()) {
                String target = link.group(1);
                if (!ELSEWHERE.matcher(target).matches() && !resolves(tree, page, target)) {
                    broken.add(page + ": " + target);
                }
            }
        }
        return broken;
    }

    /** Pages that an index has no link to. */
    static List<Path> unlisted(Tree tree, Path index, Predicate<Path> pages) {
        Set<Path> listed = new HashSet<>();
        Matcher link = LINK.matcher(prose(tree.text(index)));
        while (link.find()) {
            listed.add(
                    index.resolveSibling(link.group(1).replaceFirst("#.*", "")).normalize());
        }
        return tree.files(file ->
                file.toString().endsWith(".md") && pages.test(file) && !file.equals(index) && !listed.contains(file));
    }

    private static boolean resolves(Tree tree, Path page, String target) {
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        Path there = file.isEmpty()
                ? page
                : tree.root()
                        .relativize(
                                tree.root().resolve(page).resolveSibling(file).normalize());
        if (there.startsWith("..") || !tree.exists(there)) {
            return false;
        }
        return hash < 0 || anchors(tree.text(there)).contains(target.substring(hash + 1));
    }

    /** The anchors of a page's headings, by GitHub's rule. */
    public static Set<String> anchors(String text) {
        Set<String> anchors = new HashSet<>();
        Map<String, Integer> seen = new HashMap<>();
        withoutBlocks(text).lines().forEach(line -> {
            Matcher heading = HEADING.matcher(line);
            if (heading.matches()) {
                String slug = heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-');
                int earlier = seen.merge(slug, 1, Integer::sum) - 1;
                anchors.add(earlier == 0 ? slug : slug + "-" + earlier);
            }
        });
        return anchors;
    }

    /** Without code, in which brackets mean something else. */
    private static String prose(String text) {
        return withoutBlocks(text).replaceAll("`[^`\n]*`", "");
    }

    private static String withoutBlocks(String text) {
        StringBuilder prose = new StringBuilder();
        boolean inBlock = false;
        for (String line : text.split("\n", -1)) {
            if (line.strip().startsWith("```")) {
                inBlock = !inBlock;
            } else if (!inBlock) {
                prose.append(line).append('\n');
            }
        }
        return prose.toString();
    }
}
