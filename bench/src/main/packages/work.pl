# SPDX-License-Identifier: Apache-2.0
# Text: records made, split, matched, counted, sorted and joined.
use strict;
use warnings;

my $seed = 1;
sub number { $seed = ($seed * 1103515245 + 12345) % 2147483648; return $seed % $_[0] }

for my $turn (1 .. $ARGV[0]) {
    my @lines = map { join(',', "user" . number(300), number(24) . ':' . number(60), '/page/' . number(50), number(9999)) } 1 .. 3000;
    my (%bytes, %hours);
    for my $line (@lines) {
        my ($user, $time, $page, $size) = split /,/, $line;
        $bytes{$user} += $size;
        $hours{$1}++ if $time =~ /^(\d+):\d+$/;
        (my $name = $page) =~ s{^/page/(\d+)$}{p-$1};
        $bytes{$name} .= '' unless exists $bytes{$name};
    }
    my @top = sort { ($bytes{$b} || 0) <=> ($bytes{$a} || 0) || $a cmp $b } keys %bytes;
    print "$turn @top[0 .. 2] ", join(' ', map { "$_=$hours{$_}" } sort { $a <=> $b } keys %hours), "\n";
}
