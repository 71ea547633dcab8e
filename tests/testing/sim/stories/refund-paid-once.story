# tts: 25 points were to be given back, and 50 were.
{
  "seed": 1,
  "seconds": 30.0,
  "chatters": 2,
  "pace": 1.5,
  "commands": 0.7,
  "every": {},
  "actors": [],
  "left_out": [
    "event:0",
    "event:1"
  ]
}

     0.71 s  mod:0              pixel_street: !points remove @viewer1 23
     1.11 s  chat:0             viewer1: !give @viewer0 7
     1.70 s  chat:1             viewer1: !give @viewer0 half
     2.00 s  chat:2             viewer1: !sound ding
     2.66 s  chat:3             viewer1: !give @viewer1 6
     3.98 s  chat:4             viewer1: hello 4
     4.38 s  chat:5             viewer0: !level
     4.90 s  mod:1              mod0: !points remove @viewer0 27
     5.17 s  chat:6             viewer0: poggers 6
     5.62 s  chat:7             viewer1: !sound ding
     5.68 s  chat:8             viewer1: again 8
     6.32 s  chat:9             viewer1: nice 9
     6.68 s  chat:10            viewer1: !cooldowns
     6.95 s  chat:11            viewer1: !queue
     7.12 s  chat:12            viewer1: hello 12
     7.45 s  chat:13            viewer0: !history
     7.46 s  chat:14            viewer1: hello 14
     8.10 s  chat:15            viewer1: !rank
     8.12 s  chat:16            viewer1: !history
     8.49 s  chat:17            viewer1: !spin
     8.81 s  mod:2              mod0: !points add @viewer0 1940
     9.07 s  chat:18            viewer0: !level
    10.24 s  chat:19            viewer1: !level
    10.59 s  chat:20            viewer1: !queue
    10.79 s  chat:21            viewer1: !rank
    11.00 s  chat:22            viewer0: again 22
    11.56 s  chat:23            viewer0: !spin
    12.61 s  chat:24            viewer1: lol 24
    12.75 s  chat:25            viewer0: !sound ding
    13.22 s  chat:26            viewer1: !cooldowns
    13.40 s  chat:27            viewer1: !top
    14.13 s  chat:28            viewer1: !sound ding
    14.60 s  chat:29            viewer1: !queue
    15.67 s  chat:30            viewer0: !cancel
    15.86 s  chat:31            viewer0: !rank
    16.80 s  chat:32            viewer1: !rank
    16.82 s  chat:33            viewer1: !history
    17.35 s  chat:34            viewer1: !give @viewer0 1
    17.46 s  chat:35            viewer1: poggers 35
    17.74 s  chat:36            viewer1: !give @viewer0 24
    17.95 s  chat:37            viewer1: what a game 37
    19.87 s  chat:38            viewer1: !spin
    20.00 s  chat:39            viewer0: !sound ding
    20.22 s  chat:40            viewer1: poggers 40
    21.11 s  chat:41            viewer1: !cooldowns
    21.14 s  chat:42            viewer1: nice 42
    21.34 s  chat:43            viewer1: lol 43
    21.52 s  chat:44            viewer1: poggers 44
    21.73 s  chat:45            viewer1: !history
    22.87 s  chat:46            viewer1: again 46
    23.03 s  chat:47            viewer0: nice 47
    23.18 s  chat:48            viewer0: nice 48
    23.49 s  chat:49            viewer1: poggers 49
    24.20 s  chat:50            viewer1: !queue
    24.39 s  chat:51            viewer1: !points
    25.68 s  chat:52            viewer1: lol 52
    26.90 s  chat:53            viewer0: !top
    27.26 s  chat:54            viewer1: !rank
    27.63 s  chat:55            viewer1: !cancel
    27.70 s  chat:56            viewer1: !level
    29.58 s  chat:57            viewer1: again 57
    29.65 s  chat:58            viewer1: !tts good evening 58
    29.67 s  BROKEN             tts: 25 points were to be given back, and 50 were.
