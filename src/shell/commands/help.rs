//! `help`: what there is.

use crate::process::{Io, World};

const TEXT: &str = "\
This terminal runs in simulated time. What it knows:

  kubectl       get, apply, rollout, set, scale, logs, port-forward and more: kubectl --help
  curl          requests to localhost, pods, services and the node
  hey           many requests to one URL, counted: hey -z 10s -q 5 -c 1 http://web
  docker        build, images, tag, push, pull: images on your machine
  minikube      status, ip, image load, image ls, service
  lab           trouble and traffic: lab help
  sleep 30      lets 30 simulated seconds pass
  timeout 30 X  ends X after 30 seconds
  watch -n1 X   repeats X every second; Ctrl-C ends it

  files         cat cp ls mkdir mv rm touch; the editor shows the same files
  text          awk base64 cut diff envsubst grep head nl paste rev sed sort tac tail tee tr uniq wc xargs
  others        clear date echo env export history printf pwd seq sh test alias jobs kill wait
                basename dirname read trap set shift getopts local return

  language      | > >> < <<EOF && || ; & $(...) $VAR \"...\" '...'
                for x in ...; do ...; done   while ...; do ...; done   if ...; then ...; fi
                case ... in ...) ...;; esac   NAME() { ...; }   [[ ... ]]   (( ... ))   NAME=(a b c)
                ${NAME:-...} ${NAME%...} ${NAME/.../...}   {1..3}   <(...)   <<< text
";

/// `help`
pub(super) fn run(_: &[String], _: &mut World<'_>, io: &mut Io) -> i32 {
    io.out(TEXT);
    0
}
